// A quantity with an honest interval: low <= expected <= high, 90 % of truths between low and high.
#ifndef TOKCAST_FORECAST_INTERVAL_H_
#define TOKCAST_FORECAST_INTERVAL_H_

#include <algorithm>

#include "base/units.h"

namespace tokcast {

// The share of truths that shall lie inside an interval.
constexpr double kCoverage = 0.9;

template <typename Quantity>
struct Interval {
  Quantity low{};
  Quantity expected{};
  Quantity high{};

  // Parts of one turn run on one machine at one time: their errors go together, so bounds add up.
  friend Interval operator+(const Interval& a, const Interval& b) {
    return {a.low + b.low, a.expected + b.expected, a.high + b.high};
  }
  friend Interval operator*(const Interval& a, double factor) {
    return {a.low * factor, a.expected * factor, a.high * factor};
  }
};

// How far an interval reaches below and above its expected value, as factors of it.
struct Reach {
  double low = 1;
  double high = 1;
};

// expected x [low_factor, high_factor].
inline Interval<Seconds> around(Seconds expected, double low_factor, double high_factor) {
  return {expected * low_factor, expected, expected * high_factor};
}

// The rate at which `tokens` pass in a duration: the low rate belongs to the long duration. A duration of 0
// gives 0.
inline Interval<TokensPerSecond> rate(double tokens, const Interval<Seconds>& duration) {
  const auto per_second = [tokens](Seconds seconds) {
    return TokensPerSecond(seconds.value > 0 ? tokens / seconds.value : 0);
  };
  return {per_second(duration.high), per_second(duration.expected), per_second(duration.low)};
}

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_INTERVAL_H_
