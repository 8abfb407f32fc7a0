// What this machine's past teaches its forecasts: residuals of actuals against what was forecast, pooled with
// a prior and applied to the Timings of models that were not measured yet.
//
//   z     = ln(actual / forecast) / deviation of the forecast, averaged for each model
//   z     ~ N(bias, s2),  bias ~ N(0, s2),  s2 ~ scaled inverse chi-squared (4 degrees, 1/2)
//   bias' = sum z / (models + 1)                                     the shrunk bias
//   reach' = sqrt(s2' (1 + 1 / (models + 1))) x Student's quantile over the normal one
//
// So one model moves a forecast by half of what it was off; many agreeing ones move it wholly and narrow the
// interval; scattered ones widen it. Prefill and decode each have their own. Pure. docs/FORECAST.md derives
// it.
#ifndef TOKCAST_FORECAST_EXPERIENCE_H_
#define TOKCAST_FORECAST_EXPERIENCE_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "forecast/correction.h"
#include "forecast/timings.h"

namespace tokcast {

enum class Phase { kPrefill, kDecode };

// One actual against the forecast that was made for it, experience taken out of that again.
struct Residual {
  Evidence evidence = Evidence::kEstimated;  // of the forecast
  Phase phase = Phase::kDecode;
  std::string model;       // shape key: actuals of one model count as one
  double log_ratio = 0;    // ln(actual seconds / expected seconds)
  double deviation = 0.1;  // of the forecast: half the logarithm of high/low over 1.645
};

// Fewer models than this teach nothing.
constexpr std::size_t kLeastModels = 3;

// From the residuals of forecasts of that evidence.
Correction correction_from(std::span<const Residual> residuals, Evidence evidence);

// One duration as `by` says.
Interval<Seconds> corrected(const Interval<Seconds>& duration, const PhaseCorrection& by);

// Timings as `correction` says; those that were measured stay as they are. The source says how many models it
// rests on.
Timings corrected(Timings timings, const Correction& correction);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_EXPERIENCE_H_
