// What control groups (version 1 and 2) leave us: the tightest limit along the whole ancestry of our group.
#ifndef TOKCAST_MACHINE_CGROUP_H_
#define TOKCAST_MACHINE_CGROUP_H_

#include <optional>
#include <string>

#include "base/units.h"

namespace tokcast {

struct CgroupLimits {
  std::optional<Bytes> memory_free{};  // least (limit - usage + reclaimable page cache); nullopt: no limit
  std::optional<double> cpu_quota{};   // least quota / period, in CPUs; nullopt: none
};

CgroupLimits read_cgroup_limits(const std::string& root = "");

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_CGROUP_H_
