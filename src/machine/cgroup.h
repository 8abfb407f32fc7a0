// What control groups (version 1 and 2) leave us: the tightest limit along the whole ancestry of our group.
#ifndef TOKCAST_MACHINE_CGROUP_H_
#define TOKCAST_MACHINE_CGROUP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"

namespace tokcast {

struct CgroupLimits {
  // Least (limit - usage + reclaimable page cache); nullopt: no limit. Both kinds of limit of version 2
  // count: above memory.high the kernel does not kill, but slows us down until we are below it again.
  std::optional<Bytes> memory_free{};
  std::optional<double> cpu_quota{};                 // least quota / period, in CPUs; nullopt: none
  std::optional<std::vector<std::uint32_t>> cpus{};  // that all sets allow, ascending; nullopt: no set
};

CgroupLimits read_cgroup_limits(const std::string& root = "");

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_CGROUP_H_
