// What measure_rates measures, and how long: decided before anything runs.
#ifndef TOKCAST_MACHINE_RATES_PLAN_H_
#define TOKCAST_MACHINE_RATES_PLAN_H_

#include <cstdint>
#include <span>
#include <vector>

#include "base/units.h"
#include "machine/rates.h"

namespace tokcast {

// 1, 2, 4 ... below `cores`, then `cores`, then `cpus` if second threads of cores make that more. Empty for
// no cores.
std::vector<std::uint32_t> thread_counts(std::uint32_t cores, std::uint32_t cpus);

// Four times the last-level cache, at least 256 MiB (some caches are seen by no kernel), at most 2 GiB and a
// quarter of the memory that may be used.
Bytes working_set_size(const RatesOptions& options);

// Until sampling ends; what follows (giving back memory) takes some tenths of a second at most.
Seconds sampling_budget(const RatesOptions& options);

// How long one sample of each of `points` dot products takes: ten rounds of them use half of the budget, if
// that is neither too short to measure nor longer than useful.
Seconds dot_stretch(Seconds budget, std::size_t points);

// Median and quartiles. Not for empty samples.
Rate summarise(std::span<const double> samples);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_RATES_PLAN_H_
