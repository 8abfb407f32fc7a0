// The few statistics that timing needs.
#ifndef TOKCAST_REHEARSE_STATISTICS_H_
#define TOKCAST_REHEARSE_STATISTICS_H_

#include <functional>
#include <vector>

namespace tokcast {

// Linear between order statistics; `share` 0 is the minimum, 0.5 the median, 1 the maximum. Not for empty samples.
double quantile(std::vector<double> samples, double share);

// The machine's own speed: the first quartile. Disturbances only ever lengthen a sample; the minimum is too lucky.
double quiet(const std::vector<double>& samples);

// Half the width of the 90 % bootstrap interval of statistic(a*, b*), a* and b* resampled from a and b. Deterministic.
double bootstrap_half_width(const std::vector<double>& a, const std::vector<double>& b,
                            const std::function<double(const std::vector<double>&, const std::vector<double>&)>& statistic);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_STATISTICS_H_
