// How fast this machine truly reads memory and multiplies: measured, pinned, interleaved, spread kept.
#ifndef TOKCAST_MACHINE_RATES_H_
#define TOKCAST_MACHINE_RATES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "machine/contention.h"

namespace tokcast {

// Samples of one quantity: median with the quartiles around it, in units per second.
struct Rate {
  double median = 0;
  double low = 0;   // first quartile
  double high = 0;  // third quartile
  std::uint32_t samples = 0;
};

struct BandwidthRate {
  std::uint32_t threads = 1;
  std::optional<std::uint32_t> numa_node{};  // nullopt: over all nodes that we may use
  Rate bytes_per_second{};                   // read-only streaming
};

struct DotRate {
  std::string type;  // "int8", "fp16", "bf16", "fp32"
  std::string path;  // the instructions used: "avx2", "avx512vnni", "amx-int8", "neon-dotprod", "generic"
  std::uint32_t threads = 1;
  Rate operations_per_second{};  // one multiply-add counts two
};

struct Rates {
  std::vector<BandwidthRate> bandwidth{};  // ascending in threads
  std::vector<DotRate> dot{};              // by type, path, threads
  Bytes working_set{};                     // of the bandwidth runs, all threads together
  std::optional<double> megahertz_before{};
  std::optional<double> megahertz_after{};
  std::uint64_t involuntary_switches = 0;
  Contention contention{};
  Seconds wall{};
};

struct RatesOptions {
  // Logical CPUs to pin to, best first: one for each physical core before any second thread of a core.
  std::vector<std::uint32_t> cpus{};
  std::optional<std::uint32_t> cores{};  // the first so many of cpus are cores of their own; nullopt: all are
  std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> numa_cpus{};  // node id, its CPUs
  std::optional<Bytes> last_level_cache{};                                        // of all sockets together
  std::optional<Bytes> memory_limit{};  // the working set stays below a quarter of it
  bool quick = false;                   // at most 2 s instead of at most 4 s
  std::function<void(std::string_view)> progress{};
};

// Blocks for `wall`; starts threads of its own and pins them (the caller's affinity is untouched). Never
// fails: what could not be measured is absent.
Rates measure_rates(const RatesOptions& options);

// The best figures, for all usable threads: nullopt if absent.
std::optional<BandwidthRate> best_bandwidth(const Rates& rates);
std::optional<DotRate> best_dot(const Rates& rates, std::string_view type);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_RATES_H_
