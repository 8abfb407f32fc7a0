#include "rehearse/calibration_plan.h"

#include <algorithm>
#include <iterator>

namespace tokcast {
namespace {

bool is_check(const CalibrationModel& model) {
  return model.role == CalibrationRole::kCheckNorms ||
         model == CalibrationModel{CalibrationRole::kWide, kCommonType};
}

// Types whose kernels add to their results often enough that it matters where those lie.
bool feels_alignment(GgmlType type) {
  return type == GgmlType::kQ8_0 || type == GgmlType::kQ4_0;
}

bool measures_attention(const CalibrationModel& model) {
  using enum CalibrationRole;
  return model.role == kManyOwn || model.role == kManyShared || model.role == kHeads96 ||
         model.role == kHeads80;
}

bool refused(const Calibration& record, GgmlType type) {
  return std::ranges::find(record.refused, type, &RefusedType::type) != record.refused.end();
}

std::vector<CalibrationModel> checks(const Calibration& record) {
  if (record.has_checks()) return {};
  return {{CalibrationRole::kWide, kCommonType}, {CalibrationRole::kCheckNorms, kCommonType}};
}

std::vector<CalibrationModel> special_models(const Calibration& record, const std::vector<GgmlType>& types,
                                             SpecialModels wanted) {
  std::vector<CalibrationModel> models = checks(record);
  for (const GgmlType type : types) {
    const CalibrationModel wide{CalibrationRole::kWide, type};
    if (feels_alignment(type) && !refused(record, type) && !record.has(wide)) models.push_back(wide);
  }
  if (wanted.experts) models.push_back({CalibrationRole::kExperts, kCommonType});
  if (wanted.heads) {
    models.push_back({CalibrationRole::kHeads96, kCommonType});
    models.push_back({CalibrationRole::kHeads80, kCommonType});
  }
  return models;
}

}  // namespace

std::vector<BenchTest> tests_of(const CalibrationModel& model) {
  if (measures_attention(model)) {
    return {{.prompt = 128},
            {.generate = kCalibrationDecodeTokens},
            {.prompt = 128, .depth = kCalibrationDepth},
            {.generate = kCalibrationDecodeTokens, .depth = kCalibrationDepth}};
  }
  if (model.role == CalibrationRole::kExperts) {
    return {{.prompt = 32}, {.prompt = 128}, {.prompt = 512}, {.generate = kCalibrationDecodeTokens}};
  }
  if (is_check(model)) return {{.prompt = 32}, {.prompt = 128}, {.generate = kCalibrationDecodeTokens}};
  if (model.role == CalibrationRole::kWide) return {{.prompt = 8}, {.prompt = 128}};
  if (model.role == CalibrationRole::kLarge) return {{.generate = kCalibrationDecodeTokens}};
  return {{.prompt = 8}, {.prompt = 32}, {.prompt = 128}, {.generate = kCalibrationDecodeTokens}};
}

std::vector<CalibrationModel> models_of_pass(const Calibration& record, const std::vector<GgmlType>& types,
                                             SpecialModels wanted) {
  using enum CalibrationRole;
  std::vector<CalibrationModel> models;
  for (const CalibrationRole role : {kShallow, kTall, kMedium, kManyOwn, kManyShared}) {
    models.push_back({role, kCommonType});
  }
  const std::size_t shared = models.size();
  for (const GgmlType type : types) {
    if (!refused(record, type)) models.push_back({kType, type});
  }
  const std::size_t quick = std::min(shared + kQuickTypes, models.size());
  const auto special = special_models(record, types, wanted);
  models.insert(std::next(models.begin(), static_cast<std::ptrdiff_t>(quick)), special.begin(),
                special.end());
  return models;
}

}  // namespace tokcast
