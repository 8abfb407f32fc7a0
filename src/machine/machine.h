// The machine: its processor and memory, and the share of them that we may use.
//
// Everything is read below a root directory, so that another machine's files are a fixture. Every fact may be
// unknown; nothing is guessed.
#ifndef TOKCAST_MACHINE_MACHINE_H_
#define TOKCAST_MACHINE_MACHINE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"

namespace tokcast {

// The smallest of the memory limits, and who sets it.
struct MemoryLimit {
  Bytes bytes{};
  std::string from;  // "memory available", "cgroup"
};

struct Machine {
  std::string name;                               // the processor's name, or "unknown processor"
  std::optional<std::uint32_t> logical_cpus{};    // online
  std::optional<std::uint32_t> physical_cores{};  // behind the logical CPUs that we may run on
  // Those of them that are performance cores, if there are efficiency cores beside them.
  std::optional<std::uint32_t> performance_cores{};
  std::optional<std::uint32_t> allowed_cpus{};  // in our affinity mask
  std::optional<double> cpu_quota{};            // CPUs' worth of time per period; nullopt: no quota
  // The largest single one behind the CPUs that we may run on. There may be several: a socket's are in
  // CpuFacts::caches.
  std::optional<Bytes> last_level_cache{};
  std::optional<Bytes> memory_total{};
  std::optional<Bytes> memory_available{};    // what the kernel could still give without swapping
  std::optional<Bytes> cgroup_memory_free{};  // least limit minus usage (without page cache) on our ancestry
  std::string kernel{};
  // The CPUs that we may run on, best first: one of each performance core, one of each efficiency core, then
  // the second threads of cores. Empty if unknown.
  std::vector<std::uint32_t> cpu_order{};
  // What bounds usable_threads: "physical cores", "performance cores", "affinity", "cpuset", "cgroup quota";
  // "" if nothing is known.
  std::string threads_from{};

  // Threads that make sense for the engine: physical cores within affinity and quota, at least 1; performance
  // cores only, where there are both kinds. The engine gives each thread as much of every multiplication as
  // any other, and all wait for the last: eight threads on an M1's 4 + 4 cores are half as fast as four
  // (github.com/ggml-org/llama.cpp/issues/34).
  std::uint32_t usable_threads() const;
  // nullopt if neither could be read.
  std::optional<MemoryLimit> memory_limit() const;
  // Changes when the hardware or our share of its processors changes: part of every cache key. 16 hex digits.
  std::string identity() const;
  // The same, but a new kernel does not change it.
  std::string hardware_identity() const;
};

// Reads /proc and /sys below `root` ("" for the real ones). The affinity mask is the calling thread's own
// when root is empty, else the one in /proc/self/status there, else all CPUs online there. Never fails: what
// cannot be read is unknown.
Machine read_machine(const std::string& root = "");

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_MACHINE_H_
