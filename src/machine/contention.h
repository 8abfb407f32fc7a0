// How much others disturbed a stretch of time: read before and after, the difference is recorded beside the
// samples.
#ifndef TOKCAST_MACHINE_CONTENTION_H_
#define TOKCAST_MACHINE_CONTENTION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "base/units.h"

namespace tokcast {

// Counters at one moment; but for `own`, since boot.
struct ContentionCounters {
  std::optional<Seconds> cpu_pressure{};  // PSI: time in which some task waited for a CPU
  std::optional<Seconds> stolen{};        // by the hypervisor, summed over CPUs
  std::optional<Seconds> busy{};          // the CPUs that we may run on, all tasks of all users together
  std::optional<Seconds> own{};           // of that, this process and its children that have ended
  std::optional<std::uint32_t> cpus{};    // how many CPUs `busy` counts
};

// What happened between two moments.
struct Contention {
  std::optional<double> cpu_pressure_share{};  // of the wall time, 0 to 1
  std::optional<double> stolen_share{};        // of the wall time and all CPUs, 0 to 1
  std::optional<double> others_share{};  // of the time of the CPUs that we may run on: what other processes
                                         // ran
  std::optional<std::uint32_t> cpus{};   // how many those are
};

// `own` is read only where `root` is this machine's.
ContentionCounters read_contention(const std::string& root = "");

Contention contention_between(const ContentionCounters& before, const ContentionCounters& after, Seconds wall,
                              std::uint32_t cpus);

// From `before` until now, on this machine. TOKCAST_OTHERS_SHARE (0 to 1) in the environment stands for what
// other processes ran, if it is set: 0 promises for a machine that is always as busy as now.
Contention contention_since(const ContentionCounters& before, Seconds wall, std::uint32_t cpus);

// Two stretches as one.
Contention joined(const Contention& a, Seconds a_wall, const Contention& b, Seconds b_wall);

// Of the time that so many threads asked for, the share that they cannot have had, 0 to 1: with other
// processes and the hypervisor they wanted more than there is. What others ran on processors that we did not
// need costs nothing. nullopt: not known.
std::optional<double> taken_share(const Contention& contention, std::uint32_t threads);

// Above this share nothing measured is promised: all threads of an engine wait for the slowest of them, so a
// tenth that is taken from one costs several times as much, and how much depends on who takes it.
constexpr double kTooBusy = 0.1;

// The most threads from which others took nothing, at least 1; nullopt: not known.
std::optional<std::uint32_t> undisturbed_threads(const Contention& contention);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_CONTENTION_H_
