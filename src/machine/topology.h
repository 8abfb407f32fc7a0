// Packages, cores, caches and memory nodes of the whole machine, whatever share of it is ours.
#ifndef TOKCAST_MACHINE_TOPOLOGY_H_
#define TOKCAST_MACHINE_TOPOLOGY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "machine/facts.h"

namespace tokcast {

struct Topology {
  std::optional<std::uint32_t> sockets{};
  std::optional<std::uint32_t> cores{};  // physical
  std::vector<Cache> caches{};           // ascending in level, then descending in size
  std::vector<NumaNode> numa_nodes{};    // ascending in id
};

// By hwloc from /sys below `root` ("" for this machine). hwloc takes the root from the environment only,
// which is changed for the time of the call: one call at a time (a lock sees to that), and no other thread
// may change the environment meanwhile. Errors: kNotFound (no topology below /sys), kBadInput (lists there
// that no kernel writes, or that contradict each other), kUnsupported (hwloc refused).
Result<Topology> read_topology(const std::string& root);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_TOPOLOGY_H_
