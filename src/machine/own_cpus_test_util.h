// The CPUs that a test may use.
#ifndef TOKCAST_MACHINE_OWN_CPUS_TEST_UTIL_H_
#define TOKCAST_MACHINE_OWN_CPUS_TEST_UTIL_H_

#include <sched.h>

#include <cstdint>
#include <vector>

namespace tokcast {

// Those of our affinity mask, at most four.
inline std::vector<std::uint32_t> own_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  sched_getaffinity(0, sizeof mask, &mask);
  std::vector<std::uint32_t> cpus;
  for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE && cpus.size() < 4; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_OWN_CPUS_TEST_UTIL_H_
