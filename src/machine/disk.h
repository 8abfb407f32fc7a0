// Where models are kept: the mounted file system, the kind of device, and how fast it truly reads.
#ifndef TOKCAST_MACHINE_DISK_H_
#define TOKCAST_MACHINE_DISK_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"

namespace tokcast {

struct Mount {
  std::string device;      // "259:2", major and minor number; "0:…" for file systems without a block device
  std::string point;       // "/home"
  std::string filesystem;  // "ext4"
  std::string source;      // "/dev/nvme0n1p2"
  std::string upper{};     // of an overlay: the directory that takes what is written; else empty
};

// The mount that the absolute `path` lies on, from the text of /proc/self/mountinfo; nullopt if none is
// listed. Does not follow symbolic links.
std::optional<Mount> find_mount(std::string_view mountinfo, std::string_view path);

// How fast a file in `directory` is read past the page cache: writes one of at most 64 MiB there, reads it
// back and times that. The file has no name, so that nothing remains, whatever happens. Blocks for about
// `allowance`, at most 1 s, and longer only if a single write of 4 MiB takes longer. Behind a hypervisor this
// is the speed of the host, its caches included.
// nullopt if the cache cannot be passed by (file systems in memory, ZFS), the directory cannot be written, or
// the room there is scarce.
std::optional<BytesPerSecond> measure_read_rate(const std::string& directory, Seconds allowance);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_DISK_H_
