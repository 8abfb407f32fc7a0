#include "machine/rates_plan.h"

#include <algorithm>

#include "base/statistics.h"

namespace tokcast {

std::vector<std::uint32_t> thread_counts(std::uint32_t cores, std::uint32_t cpus) {
  std::vector<std::uint32_t> counts;
  for (std::uint32_t threads = 1; threads < cores; threads *= 2) counts.push_back(threads);
  if (cores > 0) counts.push_back(cores);
  if (cpus > cores) counts.push_back(cpus);
  return counts;
}

Bytes working_set_size(const RatesOptions& options) {
  constexpr Bytes kLeast{256 * kMebi.value};
  constexpr Bytes kMost{2 * kGibi.value};
  constexpr Bytes kUnlessKnown{1 *
                               kGibi.value};  // for either: more than most caches, less than most memories
  const Bytes cache = options.last_level_cache.value_or(Bytes(kUnlessKnown.value / 4));
  const Bytes wanted = std::max(kLeast, Bytes(4 * std::min(cache, Bytes(kMost.value / 4)).value));
  return std::min(wanted, Bytes(options.memory_limit.value_or(kUnlessKnown).value / 4));
}

Seconds sampling_budget(const RatesOptions& options) {
  return Seconds(options.quick ? 1.7 : 3.6);
}

Seconds dot_stretch(Seconds budget, std::size_t points) {
  constexpr double kRounds = 10;
  const double fair = 0.5 * budget.value / (kRounds * static_cast<double>(std::max<std::size_t>(points, 1)));
  return Seconds(std::clamp(fair, 0.002, 0.01));
}

Rate summarise(std::span<const double> samples) {
  const std::vector<double> all(samples.begin(), samples.end());
  return {quantile(all, 0.5), quantile(all, 0.25), quantile(all, 0.75),
          static_cast<std::uint32_t>(all.size())};
}

}  // namespace tokcast
