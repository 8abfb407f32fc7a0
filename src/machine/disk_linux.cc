#include "machine/disk.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>

#include "base/checked.h"
#include "base/file.h"
#include "base/text.h"
#include "machine/facts_parts.h"
#include "machine/kernel_text.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

// Blanks and backslashes stand as "\040": proc(5).
std::string unescape(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const bool escaped = text.size() >= 4 && text[0] == '\\' &&
                         text.substr(1, 3).find_first_not_of("01234567") == std::string_view::npos;
    plain +=
        escaped ? static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0')) : text[0];
    text.remove_prefix(escaped ? 4 : 1);
  }
  return plain;
}

// "upperdir=/var/x" among the options "rw,lowerdir=/usr/y,upperdir=/var/x".
std::string upper_directory(std::string_view options) {
  constexpr std::string_view kKey = "upperdir=";
  for (const std::string_view option : split(options, ',')) {
    if (option.starts_with(kKey)) return unescape(option.substr(kKey.size()));
  }
  return {};
}

// "36 35 98:0 / /mnt rw,noatime shared:1 - ext3 /dev/root rw": behind the sixth field come as many optional
// ones as there are, then a dash.
std::optional<Mount> parse_mount(std::string_view line) {
  const std::vector<std::string_view> words = words_of(line);
  const auto dash = std::ranges::find(words, "-");
  if (dash - words.begin() < 6 || words.end() - dash < 3) return std::nullopt;
  const std::string_view options = words.end() - dash > 3 ? dash[3] : std::string_view();
  return Mount{std::string(words[2]), unescape(words[4]), printable(dash[1]), unescape(dash[2]),
               dash[1] == "overlay" ? upper_directory(options) : std::string()};
}

bool lies_below(std::string_view path, std::string_view point) {
  if (point == "/") return path.starts_with('/');
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

// The folder asked about or its nearest ancestor that exists, without symbolic links. Below a fixture's root
// folders of models do not exist; there its mounts alone tell.
std::string nearest_folder(const std::string& root, const std::string& directory) {
  std::error_code error;
  if (!root.empty()) return (fs::path("/") / directory).lexically_normal();
  const fs::path absolute = fs::absolute(directory, error);
  fs::path path = fs::weakly_canonical(absolute, error);
  if (error) path = absolute.lexically_normal();
  while (!path.empty() && path != path.root_path() && !fs::exists(path, error)) path = path.parent_path();
  return path.empty() ? "/" : path.string();
}

struct Kind {
  std::string_view prefix;
  std::string_view name;
};

std::optional<std::string> find_kind(std::span<const Kind> kinds, std::string_view text) {
  const auto found =
      std::ranges::find_if(kinds, [text](const Kind& kind) { return text.starts_with(kind.prefix); });
  return found == kinds.end() ? std::nullopt : std::optional<std::string>(found->name);
}

// By their file system, for those without a block device of their own.
std::optional<std::string> kind_of_filesystem(std::string_view filesystem) {
  constexpr auto kKinds = std::to_array<Kind>({{"tmpfs", "memory"},
                                               {"ramfs", "memory"},
                                               {"nfs", "network"},
                                               {"cifs", "network"},
                                               {"smb3", "network"},
                                               {"ceph", "network"},
                                               {"lustre", "network"},
                                               {"glusterfs", "network"},
                                               {"fuse.glusterfs", "network"},
                                               {"fuse.sshfs", "network"},
                                               {"9p", "shared by the host"},
                                               {"virtiofs", "shared by the host"},
                                               {"drvfs", "shared by the host"}});
  return find_kind(kKinds, filesystem);
}

// By the kernel's name for the disk. Virtual ones call themselves rotating whatever they are made of.
std::optional<std::string> kind_of_name(std::string_view disk) {
  constexpr auto kKinds = std::to_array<Kind>({{"nvme", "NVMe"},
                                               {"mmcblk", "SD card"},
                                               {"zram", "memory"},
                                               {"ram", "memory"},
                                               {"pmem", "memory"},
                                               {"nbd", "network"},
                                               {"rbd", "network"},
                                               {"vd", "virtual disk"},
                                               {"xvd", "virtual disk"}});
  return find_kind(kKinds, disk);
}

// "nvme0n1" for "nvme0n1p2", "sda" for "sda1"; the name itself if it is no partition.
std::string disk_of(std::string_view name) {
  const auto end = name.find_last_not_of("0123456789");
  if (end == std::string_view::npos || end + 1 == name.size() || end == 0) return std::string(name);
  const bool numbered_disk = name[end] == 'p' && name[end - 1] >= '0' && name[end - 1] <= '9';
  if (numbered_disk) return std::string(name.substr(0, end));
  const bool lettered_disk =
      name.starts_with("sd") || name.starts_with("vd") || name.starts_with("xvd") || name.starts_with("hd");
  return std::string(lettered_disk ? name.substr(0, end + 1) : name);
}

// One that lies below a stacked device (encryption, volume manager, RAID).
std::optional<std::string> first_slave(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder + "/slaves", error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename());
  }
  return names.empty() ? std::nullopt : std::optional(std::ranges::min(names));
}

std::optional<std::string> kind_of_disk(const std::string& root, std::string name) {
  constexpr int kDeepestStack = 4;
  for (int depth = 0; depth < kDeepestStack; ++depth) {
    const auto slave = first_slave(root + "/sys/class/block/" + name);
    if (!slave) break;
    name = *slave;
  }
  const std::string disk = disk_of(name);
  const std::string folder = root + "/sys/class/block/" + disk;
  if (disk.starts_with("mmcblk") && read_line(folder + "/device/type") == "MMC") return "eMMC";
  if (const auto kind = kind_of_name(disk)) return kind;
  const auto rotational = read_number(folder + "/queue/rotational");
  if (!rotational) return std::nullopt;
  // WSL's disks are files of Windows, and say that they rotate.
  const auto release = read_line(root + "/proc/sys/kernel/osrelease").value_or("");
  if (release.find("microsoft") != std::string::npos) return "virtual disk";
  return *rotational == 0 ? "SSD" : "hard disk";
}

// The kernel's name of a block device: "nvme0n1p2", "dm-0".
std::optional<std::string> device_name(const std::string& root, const Mount& mount) {
  const std::string uevent = read_line(root + "/sys/dev/block/" + mount.device + "/uevent").value_or("");
  for (const std::string_view line : split(uevent, '\n')) {
    if (line.starts_with("DEVNAME=")) return std::string(line.substr(8));
  }
  if (!mount.source.starts_with("/dev/")) return std::nullopt;
  return mount.source.substr(mount.source.rfind('/') + 1);
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos && !name.starts_with('.');
}

// The mount itself; for an overlay the one that takes what is written, if it is one of ours: in a container
// it is the host's.
std::optional<Mount> written_mount(std::string_view mountinfo, const Mount& mount) {
  if (mount.filesystem != "overlay") return mount;
  auto upper = mount.upper.empty() ? std::nullopt : find_mount(mountinfo, mount.upper);
  return upper && upper->filesystem != "overlay" ? upper : std::nullopt;
}

std::optional<std::string> kind_of(const std::string& root, const Mount& mount) {
  if (const auto kind = kind_of_filesystem(mount.filesystem)) return kind;
  const auto name = device_name(root, mount);
  return name && is_plain_name(*name) ? kind_of_disk(root, *name) : std::nullopt;
}

std::optional<Bytes> free_bytes(const std::string& path) {
  struct statvfs room{};
  if (statvfs(path.c_str(), &room) != 0) return std::nullopt;
  const auto bytes = checked_multiply(room.f_bavail, room.f_frsize);
  return bytes ? std::optional(Bytes(*bytes)) : std::nullopt;
}

}  // namespace

std::optional<Mount> find_mount(std::string_view mountinfo, std::string_view path) {
  std::optional<Mount> best;
  for (const std::string_view line : split(mountinfo, '\n')) {
    auto mount = parse_mount(line);
    // Of two mounts on one place the later one hides the earlier.
    if (mount && lies_below(path, mount->point) && (!best || mount->point.size() >= best->point.size())) {
      best = std::move(mount);
    }
  }
  return best;
}

DiskFacts read_disk_facts(const std::string& root, const std::string& model_directory,
                          UnknownFacts& unknown) {
  const std::string folder = nearest_folder(root, model_directory);
  DiskFacts facts{.path = printable(folder)};
  const std::string mountinfo = read_line(root + "/proc/self/mountinfo").value_or("");
  const auto mount = find_mount(mountinfo, folder);
  if (mount) {
    facts.filesystem = mount->filesystem;
    const auto written = written_mount(mountinfo, *mount);
    if (written) facts.kind = kind_of(root, *written);
  }
  if (root.empty()) facts.free = free_bytes(folder);
  note_unless(facts.filesystem.has_value(), unknown, "disk.filesystem", "/proc/self/mountinfo does not tell");
  note_unless(facts.kind.has_value(), unknown, "disk.kind",
              mount ? reason_in_sys(root, "no block device behind " + mount->filesystem + " is visible")
                    : "its file system is not known");
  note_unless(facts.free.has_value(), unknown, "disk.free",
              root.empty() ? "the file system does not tell" : "only the machine itself can tell");
  return facts;
}

}  // namespace tokcast
