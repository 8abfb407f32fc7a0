#include "machine/gather.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "base/file.h"
#include "base/text.h"
#include "machine/gather_bytes.h"
#include "machine/gather_paths.h"
#include "machine/gather_scrub.h"
#include "machine/pci.h"

namespace tokcast {
namespace {

constexpr std::string_view kSchema = "tokcast.gather/1";
constexpr std::string_view kGroupMount = "/sys/fs/cgroup";
constexpr std::string_view kMemoryTable = "/sys/firmware/dmi/tables/DMI";

class Collector {
 public:
  explicit Collector(std::string root) : root_(std::move(root)) {}

  void take(std::span<const std::string_view> patterns);
  void take_displays();
  void take_control_groups();
  Json document(std::string provenance) const;

 private:
  void take_entry(const std::string& path);
  void take_file(const std::string& path);
  void take_display(const std::string& folder);
  void take_product_name(const std::string& folder, std::string_view pci_ids);
  void take_group(const std::string& folder);
  std::optional<std::string> real_path(const std::string& path, int depth = 0);
  std::optional<std::string> follow(const std::string& link, const std::string& target, int depth);
  std::string stored_name(const std::string& path);
  bool reserve(const std::string& name, std::size_t more = 0);
  void keep(std::map<std::string, std::string>& where, const std::string& name, std::string content);

  std::string root_;
  Scrubber scrubber_;
  std::map<std::string, std::string> files_;
  std::map<std::string, std::string> binary_files_;
  std::map<std::string, std::string> links_;
  std::set<std::string> directories_;
  std::set<std::string> truncated_;
  std::map<std::string, std::optional<std::string>> real_paths_;  // so that each is looked up once
  std::size_t bytes_ = 0;
};

// The most of `content` that ends with a line and, for /proc/cpuinfo, with a processor.
std::string cut(std::string content) {
  content.resize(GatherLimits{}.file.value);
  const auto block = content.rfind("\n\n");
  const auto line = content.rfind('\n');
  if (block != std::string::npos) {
    content.resize(block + 2);
  } else {
    content.resize(line == std::string::npos ? 0 : line + 1);
  }
  return content;
}

// Loop devices and RAM disks, by name and by number: many, and no model lies on one.
bool is_pretended_disk(std::string_view path) {
  return path.contains("/block/loop") || path.contains("/block/ram") ||
         path.starts_with("/sys/dev/block/7:") || path.starts_with("/sys/dev/block/1:");
}

// Strings as they are; nlohmann::ordered_json compares with every earlier key when it inserts one by one.
Json object_of(const std::map<std::string, std::string>& values) {
  Json::object_t object;
  object.reserve(values.size());
  for (const auto& [key, value] : values) object.emplace_back(key, value);
  return Json(std::move(object));
}

void Collector::take(std::span<const std::string_view> patterns) {
  for (const std::string_view pattern : patterns) {
    for (const std::string& path : expand(root_, pattern)) {
      if (!is_pretended_disk(path)) take_entry(path);
    }
  }
}

void Collector::take_entry(const std::string& path) {
  const auto real = is_normal_path(path) ? real_path(path) : std::nullopt;
  struct stat status{};
  if (!real || stat((root_ + *real).c_str(), &status) != 0) return;
  if (S_ISREG(status.st_mode)) take_file(*real);
  const std::string name = stored_name(*real);
  if (S_ISCHR(status.st_mode)) keep(files_, name, "");  // /dev/dxg: that it exists is all
  if (S_ISDIR(status.st_mode) && !directories_.contains(name) && reserve(name)) directories_.insert(name);
}

void Collector::take_file(const std::string& path) {
  constexpr Bytes kMostRead{4 * kMebi.value};
  const std::string name = stored_name(path);
  if (files_.contains(name) || binary_files_.contains(name)) return;
  const auto content = read_file(root_ + path, kMostRead);
  if (!content) return;
  if (path == kMemoryTable) {
    constexpr std::size_t kMostBytes = GatherLimits{}.file.value / 4 * 3;
    keep(binary_files_, name, base64_encode(memory_modules_only(*content).substr(0, kMostBytes)));
    return;
  }
  std::string clean = scrubber_.file(path, *content);
  if (clean.size() > GatherLimits{}.file.value) {
    truncated_.insert(name);
    clean = cut(std::move(clean));
  }
  keep(files_, name, std::move(clean));
}

// A device on a PCI bus tells its class before anything else is read: 0x03 is a display, 0x12 an accelerator.
void Collector::take_displays() {
  const std::string pci_ids = read_pci_ids(root_);
  for (const std::string& folder : expand(root_, "/sys/bus/pci/devices/*")) {
    const std::string type = read_line(root_ + folder + "/class").value_or("");
    if (!type.starts_with("0x03") && !type.starts_with("0x12")) continue;
    take_display(folder);
    take_product_name(folder, pci_ids);
  }
  for (const std::string& folder : expand(root_, "/sys/class/drm/card#/device")) take_display(folder);
}

void Collector::take_display(const std::string& folder) {
  for (const std::string_view file : gathered_display_files()) {
    for (const std::string& path : expand(root_, folder + "/" + std::string(file))) take_entry(path);
  }
}

// Of the list of all products, which is larger than an archive may be, the line about this one.
void Collector::take_product_name(const std::string& folder, std::string_view pci_ids) {
  const auto number = [&](const char* file) {
    const std::string line = read_line(root_ + folder + file).value_or("");
    return parse_hex(line.starts_with("0x") ? std::string_view(line).substr(2) : "");
  };
  const auto vendor = number("/vendor");
  const auto device = number("/device");
  const auto entry = vendor && device ? find_pci_entry(pci_ids, *vendor, *device) : std::nullopt;
  if (!entry) return;
  const std::string line =
      fmt::format("\n{:04x}  \n\t{:04x}  {}\n", *vendor, *device, scrubber_.text(*entry));
  std::string& list = files_["/usr/share/misc/pci.ids"];
  const bool small = list.size() + line.size() <= GatherLimits{}.file.value;
  if (small && !list.contains(line) && reserve("", line.size())) list += line;
}

// Every group that our own lies in has limits of its own. Version 1 has a hierarchy for each controller.
void Collector::take_control_groups() {
  const std::string groups = read_line(root_ + "/proc/self/cgroup").value_or("");
  for (const std::string_view line : split(groups, '\n')) {
    const auto parts = split(line, ':');
    if (parts.size() < 3 || !parts[2].starts_with('/')) continue;
    const std::string group(line.substr(parts[0].size() + parts[1].size() + 2));
    std::set<std::string> mounts = {"", "/unified"};
    if (!parts[1].empty()) {
      mounts = {"/" + std::string(parts[1])};
      for (const std::string_view controller : split(parts[1], ','))
        mounts.insert("/" + std::string(controller));
    }
    for (const std::string& mount : mounts) {
      std::string folder = std::string(kGroupMount) + mount + (group == "/" ? "" : group);
      for (; folder.size() >= kGroupMount.size(); folder.resize(folder.rfind('/'))) take_group(folder);
    }
  }
}

void Collector::take_group(const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(root_ + folder, error)) return;
  for (const std::string_view file : gathered_cgroup_files()) take_entry(folder + "/" + std::string(file));
}

// Where `path` leads, with every link below /sys noted on the way: the kernel tells by links which driver a
// device has and which disk a partition belongs to. nullopt if it leads out of /sys.
std::optional<std::string> Collector::real_path(const std::string& path, int depth) {
  constexpr int kDeepest = 64;  // real ones stay below 30
  if (!path.starts_with("/sys/")) return path;
  if (depth > kDeepest) return std::nullopt;
  const auto known = real_paths_.find(path);
  if (known != real_paths_.end()) return known->second;
  const auto slash = path.rfind('/');
  const auto folder = real_path(path.substr(0, slash), depth + 1);
  if (!folder) return std::nullopt;
  const std::string here = *folder + path.substr(slash);
  std::error_code error;
  const auto target = std::filesystem::read_symlink(root_ + here, error);
  return real_paths_[path] = error ? here : follow(here, target.string(), depth);
}

std::optional<std::string> Collector::follow(const std::string& link, const std::string& target, int depth) {
  if (!leads_inside(link, target)) return std::nullopt;
  const auto folder = std::filesystem::path(link).parent_path();
  const std::string to = (folder / target).lexically_normal().string();
  const std::string name = stored_name(link);
  if (!to.starts_with("/sys/") || !is_normal_path(to) || !reserve(name, target.size())) return std::nullopt;
  links_[name] = link.starts_with(kGroupMount) ? scrubber_.path(target) : scrubber_.text(target);
  return real_path(to, depth + 1);
}

// The files of a control group have names that everybody knows; its folders are named after people and
// containers.
std::string Collector::stored_name(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string name = path.substr(slash);
  const bool of_group =
      path.starts_with(kGroupMount) && slash >= kGroupMount.size() &&
      std::ranges::find(gathered_cgroup_files(), name.substr(1)) != gathered_cgroup_files().end();
  if (of_group) return scrubber_.path(path.substr(0, slash)) + name;
  return path.starts_with(kGroupMount) ? scrubber_.path(path) : scrubber_.text(path);
}

// Whether one more entry fits; what does not is told, the first hundred at least.
bool Collector::reserve(const std::string& name, std::size_t more) {
  constexpr GatherLimits kLimits;
  constexpr std::size_t kMostTold = 100;
  const std::size_t entries = files_.size() + binary_files_.size() + links_.size() + directories_.size();
  if (entries < kLimits.entries && bytes_ + name.size() + more <= kLimits.all.value) {
    bytes_ += name.size() + more;
    return true;
  }
  if (truncated_.size() < kMostTold) truncated_.insert(name);
  return false;
}

void Collector::keep(std::map<std::string, std::string>& where, const std::string& name,
                     std::string content) {
  if (reserve(name, content.size())) where[name] = std::move(content);
}

Json Collector::document(std::string provenance) const {
  Json out{{"schema", kSchema}, {"provenance", std::move(provenance)}};
  out["files"] = object_of(files_);
  out["binary_files"] = object_of(binary_files_);
  out["links"] = object_of(links_);
  out["directories"] = Json::array();
  for (const std::string& directory : directories_) {
    const auto below = files_.lower_bound(directory + "/");
    const bool empty = below == files_.end() || !below->first.starts_with(directory + "/");
    if (empty) out["directories"].push_back(directory);
  }
  out["truncated"] = truncated_;
  return out;
}

}  // namespace

Result<Json> gather(const std::string& root, std::string provenance) {
  std::error_code error;
  if (!root.empty() && !std::filesystem::is_directory(root, error)) {
    return fail(ErrorKind::kNotFound, "no such directory", root);
  }
  Collector collector(root);
  collector.take(gathered_paths());
  collector.take_displays();
  collector.take_control_groups();
  collector.take(gathered_cpu_paths());
  return collector.document(std::move(provenance));
}

}  // namespace tokcast
