// What samples of disturbed timings say of the machine.
#ifndef TOKCAST_REHEARSE_STATISTICS_H_
#define TOKCAST_REHEARSE_STATISTICS_H_

#include <vector>

namespace tokcast {

// The machine's own speed: the first quartile, as one of the samples and never between two. Disturbances only
// ever lengthen a sample, often by half; of two or three samples the least is the best guess, of many it is
// luck.
double quiet(std::vector<double> samples);

// Standard error of quiet(samples), by bootstrap, at least 1 % of it: a few equal samples prove little.
// Deterministic.
double quiet_deviation(const std::vector<double>& samples);

struct Estimate {
  double mean = 0;
  double deviation = 0;
};

// Two independent estimates of one positive quantity, weighted by their certainty.
Estimate combined(const Estimate& a, const Estimate& b);

// Deviations in 90 % of a normal distribution, to one side.
constexpr double kSigmas = 1.645;

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_STATISTICS_H_
