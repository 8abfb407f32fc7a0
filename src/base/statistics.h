// The one statistic that every layer needs.
#ifndef TOKCAST_BASE_STATISTICS_H_
#define TOKCAST_BASE_STATISTICS_H_

#include <vector>

namespace tokcast {

// Linear between order statistics; `share` 0 is the minimum, 0.5 the median, 1 the maximum. Not for empty
// samples.
double quantile(std::vector<double> samples, double share);

}  // namespace tokcast

#endif  // TOKCAST_BASE_STATISTICS_H_
