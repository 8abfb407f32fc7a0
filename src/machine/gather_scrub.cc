#include "machine/gather_scrub.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "base/text.h"

namespace tokcast {
namespace {

using namespace std::string_view_literals;

// Words of the file system hierarchy, of systemd's units and of container managers. They tell what kind of
// place a path is and not whose.
constexpr auto kKnownWords = std::to_array<std::string_view>({
    "app",        "background", "besteffort", "bin",        "blkio",     "boot",    "bpf",
    "buildkit",   "burstable",  "cache",      "cgroup",     "config",    "conmon",  "containerd",
    "containers", "cpu",        "cpuacct",    "cpuset",     "cri",       "crio",    "data",
    "debug",      "dev",        "devices",    "diff",       "docker",    "drivers", "ecs",
    "efi",        "efivars",    "etc",        "firmware",   "freezer",   "fs",      "fuse",
    "guaranteed", "home",       "host",       "hugepages",  "hugetlb",   "incus",   "init",
    "io",         "job",        "kernel",     "kubelet",    "kubepods",  "lib",     "lib64",
    "libpod",     "local",      "log",        "lxc",        "lxd",       "machine", "media",
    "memory",     "merged",     "misc",       "mnt",        "models",    "monitor", "mqueue",
    "none",       "nspawn",     "opt",        "overlay",    "overlay2",  "payload", "pids",
    "pod",        "podman",     "proc",       "pstore",     "pts",       "rdma",    "root",
    "run",        "sbin",       "scope",      "security",   "service",   "session", "share",
    "shm",        "slice",      "slurm",      "slurmstepd", "snapshots", "srv",     "step",
    "storage",    "sys",        "system",     "systemd",    "tmp",       "tmpfs",   "tracing",
    "unified",    "user",       "usr",        "var",        "wsl",       "wslg",
});

constexpr std::string_view kPlaceholder = "anon";

constexpr auto kOsReleaseKeys =
    std::to_array<std::string_view>({"ID", "ID_LIKE", "NAME", "PRETTY_NAME", "VARIANT", "VARIANT_ID",
                                     "VERSION", "VERSION_CODENAME", "VERSION_ID"});
constexpr auto kUeventKeys = std::to_array<std::string_view>(
    {"DEVNAME", "DEVTYPE", "DRIVER", "MAJOR", "MINOR", "PCI_CLASS", "PCI_ID", "PCI_SUBSYS_ID",
     "PCI_SLOT_NAME", "OF_NAME", "OF_COMPATIBLE_0", "OF_COMPATIBLE_1", "OF_COMPATIBLE_2", "OF_COMPATIBLE_N"});
// Of a control group hierarchy these name the controllers; of others they carry addresses and users.
constexpr auto kMountOptions = std::to_array<std::string_view>(
    {"ro", "rw", "blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "hugetlb", "memory", "pids"});
constexpr auto kDiskNames =
    std::to_array<std::string_view>({"dm-", "hd", "md", "mmcblk", "nvme", "root", "sd", "vd", "xvd", "zram"});

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// So that what was gathered from an unpacked archive is the same archive.
bool is_placeholder(std::string_view word) {
  return word.starts_with(kPlaceholder) && parse_uint(word.substr(kPlaceholder.size()));
}

bool is_alphanumeric(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool is_hexadecimal(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

// 'h' stands for a hexadecimal digit.
bool begins_like(std::string_view text, std::string_view shape) {
  return text.size() >= shape.size() &&
         std::ranges::equal(shape, text.substr(0, shape.size()),
                            [](char s, char t) { return s == 'h' ? is_hexadecimal(t) : s == t; });
}

// How much of `text`, from its start, is a UUID, a MAC address or a long hexadecimal number.
std::size_t identifier_length(std::string_view text) {
  constexpr std::size_t kShortestNumber = 32;
  for (const auto shape : {"hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"sv, "hh:hh:hh:hh:hh:hh"sv}) {
    if (begins_like(text, shape)) return shape.size();
  }
  const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_hexadecimal) - text.begin());
  return digits >= kShortestNumber ? digits : 0;
}

constexpr std::string_view kWordEnds = " \t\n\"'()<>[]{},;=/";

// The part of `text` that the @ at `at` joins: "(builder@host)" without the parentheses.
std::pair<std::size_t, std::size_t> word_around(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at).find_last_of(kWordEnds);
  const auto after = text.find_first_of(kWordEnds, at);
  return {before == std::string_view::npos ? 0 : before + 1,
          after == std::string_view::npos ? text.size() : after};
}

std::string keep_lines(std::string_view text, const std::function<bool(std::string_view)>& keep) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (keep(line)) out.append(line).push_back('\n');
  }
  if (!out.empty()) out.pop_back();  // split() sees one line more than there are line feeds
  return out;
}

std::string keep_keys(std::string_view text, std::span<const std::string_view> keys) {
  return keep_lines(text,
                    [keys](std::string_view line) { return contains(keys, line.substr(0, line.find('='))); });
}

// "Serial : 10000000…" of ARM boards, "GPU UUID: …" of the NVIDIA driver, "identification = …" of s390.
bool tells_no_identity(std::string_view line) {
  const std::string key = lower(line.substr(0, line.find(':')));
  return !key.contains("serial") && !key.contains("uuid") && !line.contains("identification");
}

// On which CPUs the process might run.
bool tells_affinity(std::string_view line) {
  return line.starts_with("Cpus_allowed_list:");
}

// "/dev/nvme0n1p2", but not "/dev/mapper/myhost-root".
bool is_plain_disk(std::string_view source) {
  constexpr std::size_t kLongestName = 16;
  if (!source.starts_with("/dev/")) return false;
  const std::string_view name = source.substr(5);
  return name.size() <= kLongestName && !name.contains('/') &&
         std::ranges::any_of(kDiskNames, [name](std::string_view known) { return name.starts_with(known); });
}

}  // namespace

const std::string& Scrubber::placeholder(std::string_view name) {
  const auto found = placeholders_.find(name);
  if (found != placeholders_.end()) return found->second;
  return placeholders_.emplace(name, std::string(kPlaceholder) + std::to_string(placeholders_.size() + 1))
      .first->second;
}

std::string Scrubber::path(std::string_view path) {
  const auto in_word = [](char c) { return is_alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80; };
  std::string out;
  while (!path.empty()) {
    const auto length = static_cast<std::size_t>(std::ranges::find_if_not(path, in_word) - path.begin());
    const std::string_view word = path.substr(0, std::max<std::size_t>(length, 1));
    // A single letter names nobody, but it may be a Windows drive below /mnt.
    const bool known = word.size() == 1 || contains(kKnownWords, word) || is_placeholder(word);
    out += known ? std::string(word) : placeholder(word);
    path.remove_prefix(word.size());
  }
  return text(out);
}

std::string Scrubber::text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool at_start = i == 0 || !is_hexadecimal(text[i - 1]);
    if (const std::size_t length = at_start ? identifier_length(text.substr(i)) : 0; length > 0) {
      out += placeholder(text.substr(i, length));
      i += length;
      continue;
    }
    if (text[i] == '@') {
      const auto [begin, end] = word_around(text, i);
      if (begin < i && i + 1 < end) {
        // What of the word was already written goes with it; an identifier in it may have changed its length.
        out.resize(out.find_last_of(kWordEnds) + 1);
        out += placeholder(text.substr(begin, end - begin));
        i = end;
        continue;
      }
    }
    out.push_back(static_cast<unsigned char>(text[i]) < 0x80 ? text[i] : '?');
    ++i;
  }
  return out;
}

std::string Scrubber::cgroups(std::string_view content) {
  std::string out;
  for (const std::string_view line : split(content, '\n')) {
    const auto parts = split(line, ':');  // id:controllers:path
    if (parts.size() < 3) continue;
    const std::string_view group = line.substr(parts[0].size() + parts[1].size() + 2);
    out.append(parts[0]).append(":").append(parts[1]).append(":").append(path(group)).push_back('\n');
  }
  return out;
}

// The environment of the first process holds passwords; one variable of it says what kind of container this
// is.
std::string Scrubber::container_variable(std::string_view content) {
  constexpr std::string_view kKey = "container=";
  for (const std::string_view variable : split(content, '\0')) {
    if (variable.starts_with(kKey)) return std::string(kKey) + path(variable.substr(kKey.size()));
  }
  return "";
}

std::string Scrubber::mount_source(std::string_view source) {
  return is_plain_disk(source) ? std::string(source) : path(source);
}

// An overlay's upper directory tells on which disk lies what is written.
std::string Scrubber::mount_options(std::string_view options) {
  constexpr std::string_view kUpper = "upperdir=";
  std::string out;
  for (const std::string_view option : split(options, ',')) {
    const bool upper = option.starts_with(kUpper);
    if (!upper && !contains(kMountOptions, option)) continue;
    if (!out.empty()) out.push_back(',');
    out += upper ? std::string(kUpper) + path(option.substr(kUpper.size())) : std::string(option);
  }
  return out;
}

// "36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/sda1 rw,errors=continue" (proc(5)).
std::string Scrubber::mount(std::string_view line) {
  const auto dash = line.find(" - ");
  if (dash == std::string_view::npos) return "";
  const auto before = split(line.substr(0, dash), ' ');
  const auto after = split(line.substr(dash + 3), ' ');
  if (before.size() < 6 || after.size() < 3) return "";
  std::string out;
  out.append(before[0]).append(" ").append(before[1]).append(" ").append(before[2]);
  out.append(" ").append(path(before[3])).append(" ").append(path(before[4]));
  out.append(" ").append(mount_options(before[5])).append(" - ").append(after[0]);
  out.append(" ").append(mount_source(after[1])).append(" ").append(mount_options(after[2]));
  return out;
}

std::string Scrubber::mounts(std::string_view content) {
  std::string out;
  for (const std::string_view line : split(content, '\n')) {
    if (const std::string kept = mount(line); !kept.empty()) out.append(kept).push_back('\n');
  }
  return out;
}

std::string Scrubber::file(std::string_view path_of_file, std::string_view content) {
  const std::string_view name = path_of_file.substr(path_of_file.rfind('/') + 1);
  if (path_of_file == "/proc/self/status") return text(keep_lines(content, tells_affinity)) + "\n";
  if (name == ".dockerenv" || name == ".containerenv") return "";  // that it exists is all
  if (name == "container") return path(content);
  if (name == "environ") return container_variable(content);
  if (name == "cgroup") return text(cgroups(content));
  if (name == "mountinfo") return text(mounts(content));
  if (name == "os-release") return text(keep_keys(content, kOsReleaseKeys)) + "\n";
  if (name == "uevent") return text(keep_keys(content, kUeventKeys)) + "\n";
  if (name == "cpuinfo" || name == "information") return text(keep_lines(content, tells_no_identity));
  return text(content);
}

}  // namespace tokcast
