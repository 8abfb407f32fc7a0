#include "rehearse/calibration_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tokcast {
namespace {

using enum CalibrationRole;

const std::vector<GgmlType> kTypes{GgmlType::kQ4_K, GgmlType::kQ8_0, GgmlType::kF16};

bool has(const std::vector<CalibrationModel>& models, const CalibrationModel& model) {
  return std::ranges::find(models, model) != models.end();
}

TEST(CalibrationPlan, BeginsWithTheModelsOnWhichAllTypesRest) {
  const auto models = models_of_pass({}, kTypes, {});
  ASSERT_GT(models.size(), 8U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NE(models[i].role, kType) << i;
  EXPECT_EQ(models[5], (CalibrationModel{kType, GgmlType::kQ4_K}));
  EXPECT_TRUE(has(models, {kWide, GgmlType::kQ8_0})) << "its kernels feel where results lie";
  EXPECT_FALSE(has(models, {kWide, GgmlType::kF16}));
  EXPECT_EQ(models.back(), (CalibrationModel{kHeads80, kCommonType}));
}

TEST(CalibrationPlan, SpecialModelsComeAfterTheCommonestTypes) {
  const auto models = models_of_pass({}, calibrated_types(), {});
  const auto place = [&](const CalibrationModel& model) {
    return std::ranges::find(models, model) - models.begin();
  };
  EXPECT_GT(place({kExperts, kCommonType}), place({kType, calibrated_types()[kQuickTypes - 1]}));
  EXPECT_LT(place({kExperts, kCommonType}), place({kType, calibrated_types()[kQuickTypes]}));
}

TEST(CalibrationPlan, LeavesOutWhatIsNotWantedRefusedOrKnownForGood) {
  Calibration record;
  record.refused.push_back({GgmlType::kQ8_0, "too old"});
  for (const CalibrationRole role : {kWide, kCheckNorms}) {
    record.samples.push_back({{role, kCommonType}, {.prompt = 128}, false, {Seconds(1)}});
  }
  const auto models = models_of_pass(record, kTypes, {.heads = false, .experts = false});
  for (const CalibrationModel& model : models) {
    EXPECT_NE(model.type, GgmlType::kQ8_0) << calibration_model_name(model);
    EXPECT_TRUE(model.role != kHeads96 && model.role != kExperts && model.role != kCheckNorms)
        << calibration_model_name(model);
  }
}

TEST(CalibrationPlan, DecodeComesLastSoThatNoSampleOfItTouchesWeightsFirst) {
  for (const CalibrationRole role : {kShallow, kTall, kMedium, kType, kExperts, kCheckNorms}) {
    const auto tests = tests_of({role, kCommonType});
    EXPECT_GT(tests.front().prompt, 0U);
    EXPECT_GT(tests.back().generate, 0U);
  }
}

}  // namespace
}  // namespace tokcast
