#include "forecast/experience.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace tokcast {
namespace {

// Of the prior: as sure of the scatter as four models would make one; bias and scatter share the variance
// that the forecast's own interval claims.
constexpr double kPriorDegrees = 4;
constexpr double kPriorScatter = 0.5;
// No past makes an interval narrower than this share of it, or wider than so many times.
constexpr double kLeastReach = 0.5;
constexpr double kMostReach = 4;
// No past moves a forecast by more than this factor: further off, something else is wrong.
constexpr double kMostFactor = 3;

// Student's 95th percentile over the normal one, for `degrees` of freedom from 4 on (Abramowitz & Stegun
// 26.7.5).
double few_samples(double degrees) {
  constexpr double kNormal = 1.645;
  return (kNormal + 1.524 / degrees + 1.42 / (degrees * degrees)) / kNormal;
}

struct ModelMean {
  double z = 0;
  double deviation = 0;
  std::size_t actuals = 0;
};

std::vector<ModelMean> means_by_model(std::span<const Residual> residuals, Evidence evidence, Phase phase) {
  std::map<std::string, ModelMean> sums;
  for (const Residual& one : residuals) {
    if (one.evidence != evidence || one.phase != phase || one.deviation <= 0) continue;
    ModelMean& sum = sums[one.model];
    sum.z += one.log_ratio / one.deviation;
    sum.deviation += one.deviation;
    ++sum.actuals;
  }
  std::vector<ModelMean> out;
  for (const auto& [model, sum] : sums) {
    const auto count = static_cast<double>(sum.actuals);
    out.push_back({sum.z / count, sum.deviation / count, sum.actuals});
  }
  return out;
}

PhaseCorrection learned(const std::vector<ModelMean>& models) {
  if (models.size() < kLeastModels) return {};
  const auto count = static_cast<double>(models.size());
  PhaseCorrection out{.models = models.size()};
  double sum = 0;
  double deviation = 0;
  for (const ModelMean& model : models) {
    sum += model.z;
    deviation += model.deviation / count;
    out.actuals += model.actuals;
  }
  const double mean = sum / count;
  double scatter = kPriorDegrees * kPriorScatter + count / (count + 1) * mean * mean;
  for (const ModelMean& model : models) scatter += (model.z - mean) * (model.z - mean);
  const double degrees = kPriorDegrees + count;
  scatter /= degrees;
  const double bias = sum / (count + 1) * deviation;
  out.factor = std::clamp(std::exp(bias), 1 / kMostFactor, kMostFactor);
  out.reach =
      std::clamp(std::sqrt(scatter * (1 + 1 / (count + 1))) * few_samples(degrees), kLeastReach, kMostReach);
  return out;
}

}  // namespace

Correction correction_from(std::span<const Residual> residuals, Evidence evidence) {
  return {learned(means_by_model(residuals, evidence, Phase::kPrefill)),
          learned(means_by_model(residuals, evidence, Phase::kDecode))};
}

Interval<Seconds> corrected(const Interval<Seconds>& duration, const PhaseCorrection& by) {
  if (by.models == 0 || duration.low.value <= 0 || duration.expected.value <= 0) return duration;
  return around(duration.expected * by.factor, std::pow(duration.low / duration.expected, by.reach),
                std::pow(duration.high / duration.expected, by.reach));
}

Timings corrected(Timings timings, const Correction& correction) {
  if (timings.evidence == Evidence::kMeasured || !correction.changes_anything()) return timings;
  for (PrefillPoint& point : timings.prefill) point.duration = corrected(point.duration, correction.prefill);
  for (DecodePoint& point : timings.decode) point.duration = corrected(point.duration, correction.decode);
  timings.source += fmt::format(", corrected by {} models measured here",
                                std::max(correction.prefill.models, correction.decode.models));
  timings.correction = correction;
  return timings;
}

}  // namespace tokcast
