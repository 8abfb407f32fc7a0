// The few statistics that timing needs.
#ifndef TOKCAST_REHEARSE_STATISTICS_H_
#define TOKCAST_REHEARSE_STATISTICS_H_

#include <vector>

namespace tokcast {

// Linear between order statistics; `share` 0 is the minimum, 0.5 the median, 1 the maximum. Not for empty
// samples.
double quantile(std::vector<double> samples, double share);

// The machine's own speed: the first quartile. Disturbances only ever lengthen a sample; the minimum is too
// lucky.
double quiet(const std::vector<double>& samples);

// Standard error of quiet(samples), by bootstrap, at least 1 % of it: a few equal samples prove little.
// Deterministic.
double quiet_deviation(const std::vector<double>& samples);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_STATISTICS_H_
