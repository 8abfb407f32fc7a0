#include "rehearse/quiet_times.h"

#include <algorithm>

#include "rehearse/statistics.h"

namespace tokcast {

QuietTimes::QuietTimes(const Calibration& calibration) {
  for (const CalibrationSamples& group : calibration.samples) {
    auto& all = samples_[{group.model, group.test}];
    const auto more = usable_samples(group.samples, group.after_load);
    all.insert(all.end(), more.begin(), more.end());
  }
  std::erase_if(samples_, [](const auto& entry) { return entry.second.empty(); });
}

std::optional<double> QuietTimes::of(const CalibrationModel& model, const BenchTest& test) const {
  const auto found = samples_.find({model, test});
  if (found == samples_.end()) return std::nullopt;
  return quiet(found->second) / std::max(1U, test.generate);
}

std::optional<double> QuietTimes::decode(const CalibrationModel& model, std::uint32_t depth) const {
  return of(model, {.generate = kCalibrationDecodeTokens, .depth = depth});
}

CalibrationModel QuietTimes::own_heads() const {
  const CalibrationModel now{CalibrationRole::kManyOwn, kCommonType};
  return decode(now) ? now : CalibrationModel{CalibrationRole::kOwnHeads, kCommonType};
}

CalibrationModel QuietTimes::shared_heads() const {
  const CalibrationModel now{CalibrationRole::kManyShared, kCommonType};
  return decode(now) ? now : CalibrationModel{CalibrationRole::kShared, kCommonType};
}

bool QuietTimes::whole() const {
  using enum CalibrationRole;
  const auto flat = [this](CalibrationRole role) { return decode({role, kCommonType}).has_value(); };
  const auto deep = [this](const CalibrationModel& model) {
    return decode(model) && decode(model, kCalibrationDepth);
  };
  const CalibrationModel own = own_heads();
  return flat(kShallow) && flat(kTall) && (flat(kType) || flat(kLarge)) &&
         of({kMedium, kCommonType}, {.prompt = 128}) && deep(own) && deep(shared_heads()) &&
         of(own, {.prompt = 128}) && of(own, {.prompt = 128, .depth = kCalibrationDepth});
}

ShareLost QuietTimes::share_lost(bool decode) const {
  std::vector<std::vector<double>> tests;
  for (const auto& [key, samples] : samples_) {
    if ((key.second.generate > 0) == decode && samples.size() > 1) tests.push_back(samples);
  }
  return share_lost_by(tests);
}

}  // namespace tokcast
