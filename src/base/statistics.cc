#include "base/statistics.h"

#include <algorithm>
#include <cmath>

namespace tokcast {

double quantile(std::vector<double> samples, double share) {
  std::ranges::sort(samples);
  const double position = share * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  return std::lerp(samples[below], samples[above], position - static_cast<double>(below));
}

}  // namespace tokcast
