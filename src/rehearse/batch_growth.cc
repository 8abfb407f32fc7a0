#include "rehearse/batch_growth.h"

#include <algorithm>
#include <cmath>

namespace tokcast {
namespace {

// Of the models measured in full in bench/records (accuracy_test.cc): dense ones 3.7 to 4.4 times, a mixture,
// whose experts meet the more tokens the larger the batch is, 3.7 to 3.95. A ratio of a few samples is hardly
// better known than that, so both count.
constexpr double kDenseGrowth = 4.1;
constexpr double kMixtureGrowth = 3.83;
constexpr double kDeviation = 0.06;
constexpr double kSampleDeviation = 0.05;

}  // namespace

Estimate batch_growth(const Shape& shape, const std::optional<BatchSeen>& seen) {
  const double usual = shape.experts ? kMixtureGrowth : kDenseGrowth;
  const Estimate of_all{usual, usual * kDeviation};
  if (!seen || seen->quarter <= seen->constant || seen->full <= seen->quarter) return of_all;
  const double growth = (seen->full - seen->constant) / (seen->quarter - seen->constant);
  return combined({growth, growth * kSampleDeviation}, of_all);
}

Interval<Seconds> full_batch(const Interval<Seconds>& quarter, double constant, const Estimate& growth) {
  const double seconds = quarter.expected.value;
  const double still = std::clamp(constant / seconds, 0.0, 1.0);
  const double factor = still + (1 - still) * growth.mean;
  const double reach = kSigmas * growth.deviation / growth.mean;
  const double below = std::hypot(1 - quarter.low.value / seconds, reach);
  const double above = std::hypot(quarter.high.value / seconds - 1, reach);
  return around(Seconds(seconds * factor), 1 - std::min(below, 0.9), 1 + above);
}

}  // namespace tokcast
