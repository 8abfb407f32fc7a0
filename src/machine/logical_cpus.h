// The logical processors that are online, and which of them share a core.
#ifndef TOKCAST_MACHINE_LOGICAL_CPUS_H_
#define TOKCAST_MACHINE_LOGICAL_CPUS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tokcast {

struct LogicalCpu {
  std::uint32_t id = 0;
  std::string core{};       // the same text for all threads of a core; empty: unknown
  bool efficiency = false;  // of an efficiency core; only on hybrid processors
};

// Ascending in id. From /sys below `root`, what is missing there from /proc/cpuinfo; empty if neither tells.
std::vector<LogicalCpu> read_logical_cpus(const std::string& root);

// Distinct cores; nullopt if one is unknown or there are no processors.
std::optional<std::uint32_t> count_cores(const std::vector<LogicalCpu>& cpus);

// Without the efficiency cores; all of them where there is but one kind.
std::vector<LogicalCpu> performance_only(std::vector<LogicalCpu> cpus);

// Their ids, the best first: one of each performance core, one of each efficiency core, then the second
// threads in the same order.
std::vector<std::uint32_t> best_first(std::vector<LogicalCpu> cpus);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_LOGICAL_CPUS_H_
