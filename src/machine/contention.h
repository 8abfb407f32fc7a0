// How much others disturbed a stretch of time: read before and after, the difference is recorded beside the
// samples.
#ifndef TOKCAST_MACHINE_CONTENTION_H_
#define TOKCAST_MACHINE_CONTENTION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "base/units.h"

namespace tokcast {

// Counters since boot, at one moment.
struct ContentionCounters {
  std::optional<Seconds> cpu_pressure{};  // PSI: time in which some task waited for a CPU
  std::optional<Seconds> stolen{};        // by the hypervisor, summed over CPUs
};

// What happened between two moments.
struct Contention {
  std::optional<double> cpu_pressure_share{};  // of the wall time, 0 to 1
  std::optional<double> stolen_share{};        // of the wall time and all CPUs, 0 to 1
};

ContentionCounters read_contention(const std::string& root = "");

Contention contention_between(const ContentionCounters& before, const ContentionCounters& after, Seconds wall,
                              std::uint32_t cpus);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_CONTENTION_H_
