#include "machine/cgroup.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "machine/kernel_text.h"

namespace tokcast {
namespace {

template <typename T>
void keep_least(std::optional<T>& least, std::optional<T> candidate) {
  if (candidate && (!least || *candidate < *least)) least = candidate;
}

void keep_common(std::optional<std::vector<std::uint32_t>>& common,
                 std::optional<std::vector<std::uint32_t>> candidate) {
  if (!candidate || candidate->empty()) return;  // empty: as its parent
  if (!common) {
    common = std::move(candidate);
    return;
  }
  std::vector<std::uint32_t> both;
  std::ranges::set_intersection(*common, *candidate, std::back_inserter(both));
  common = std::move(both);
}

// A number in a file; nullopt for "max", for version 1's "no limit" (close to 2^63) and for anything
// unreadable.
std::optional<std::uint64_t> read_limit(const std::string& path) {
  const auto number = read_number(path);
  return number && *number < (1ULL << 62U) ? number : std::nullopt;
}

// Page cache that the kernel drops when the group needs room, from memory.stat.
std::uint64_t reclaimable(const std::string& folder) {
  const auto stat = read_line(folder + "/memory.stat");
  if (!stat) return 0;
  std::uint64_t sum = 0;
  for (const std::string_view line : split(*stat, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() == 2 && (words[0] == "inactive_file" || words[0] == "active_file")) {
      sum += parse_uint(words[1]).value_or(0);
    }
  }
  return sum;
}

std::optional<Bytes> memory_free(const std::string& folder, const char* limit_file, const char* usage_file) {
  const auto limit = read_limit(folder + "/" + limit_file);
  if (!limit) return std::nullopt;
  const std::uint64_t usage = read_limit(folder + "/" + usage_file).value_or(0);
  const std::uint64_t busy = usage - std::min(usage, reclaimable(folder));
  return Bytes(*limit - std::min(*limit, busy));
}

std::optional<double> quota_v2(const std::string& folder) {
  const auto line = read_line(folder + "/cpu.max");
  if (!line) return std::nullopt;
  const auto words = split(*line, ' ');
  if (words.size() != 2) return std::nullopt;
  const auto quota = parse_uint(words[0]);
  const auto period = parse_uint(words[1]);
  if (!quota || !period || *period == 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<double> quota_v1(const std::string& folder) {
  const auto quota = read_limit(folder + "/cpu.cfs_quota_us");  // -1 for none does not parse
  const auto period = read_limit(folder + "/cpu.cfs_period_us");
  if (!quota || !period || *period == 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

// "/a/b" below `mount`: mount/a/b, mount/a, mount. A group path from outside our namespace ("/../c") may not
// exist here; its ancestors then still do.
std::vector<std::string> ancestry(const std::string& mount, std::string group) {
  std::vector<std::string> folders;
  if (group.contains("/..")) group.clear();
  while (!group.empty() && group != "/") {
    folders.push_back(mount + group);
    group.resize(group.rfind('/'));
  }
  folders.push_back(mount);
  return folders;
}

bool names_controller(std::string_view controllers, std::string_view wanted) {
  return std::ranges::count(split(controllers, ','), wanted) > 0;
}

void read_version_2(const std::string& mount, const std::string& group, CgroupLimits& limits) {
  for (const std::string& folder : ancestry(mount, group)) {
    keep_least(limits.memory_free, memory_free(folder, "memory.max", "memory.current"));
    keep_least(limits.memory_free, memory_free(folder, "memory.high", "memory.current"));
    keep_least(limits.cpu_quota, quota_v2(folder));
    keep_common(limits.cpus, read_cpu_list(folder + "/cpuset.cpus.effective"));
  }
}

void read_version_1(const std::string& mount, std::string_view controllers, const std::string& group,
                    CgroupLimits& limits) {
  if (names_controller(controllers, "memory")) {
    for (const std::string& folder : ancestry(mount + "/memory", group)) {
      keep_least(limits.memory_free, memory_free(folder, "memory.limit_in_bytes", "memory.usage_in_bytes"));
    }
  }
  if (names_controller(controllers, "cpu")) {
    for (const char* controller : {"/cpu", "/cpu,cpuacct"}) {
      for (const std::string& folder : ancestry(mount + controller, group)) {
        keep_least(limits.cpu_quota, quota_v1(folder));
      }
    }
  }
  if (names_controller(controllers, "cpuset")) {
    for (const std::string& folder : ancestry(mount + "/cpuset", group)) {
      keep_common(limits.cpus, read_cpu_list(folder + "/cpuset.cpus"));
    }
  }
}

}  // namespace

CgroupLimits read_cgroup_limits(const std::string& root) {
  CgroupLimits limits;
  const auto groups = read_line(root + "/proc/self/cgroup");
  if (!groups) return limits;
  const std::string mount = root + "/sys/fs/cgroup";
  for (const std::string_view line : split(*groups, '\n')) {
    const auto parts = split(line, ':');  // id:controllers:path
    if (parts.size() < 3 || parts[2].empty() || parts[2][0] != '/') continue;
    const std::string group(line.substr(static_cast<std::size_t>(parts[2].data() - line.data())));
    if (parts[0] == "0" && parts[1].empty()) read_version_2(mount, group, limits);
    if (!parts[1].empty()) read_version_1(mount, parts[1], group, limits);
  }
  return limits;
}

}  // namespace tokcast
