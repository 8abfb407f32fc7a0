#include "forecast/experience.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tokcast {
namespace {

// Actuals `off` deviations from the forecast, one model each.
std::vector<Residual> residuals(const std::vector<double>& off, Phase phase = Phase::kDecode) {
  std::vector<Residual> out;
  for (const double z : off) {
    out.push_back({Evidence::kCalibrated, phase, "model " + std::to_string(out.size()), z * 0.1, 0.1});
  }
  return out;
}

PhaseCorrection decode_from(const std::vector<double>& off) {
  return correction_from(residuals(off), Evidence::kCalibrated).decode;
}

Timings some_timings(Evidence evidence = Evidence::kCalibrated) {
  return {.evidence = evidence,
          .source = "calibrated",
          .prefill = {{128, 0, around(Seconds(4), 0.9, 1.1)}},
          .decode = {{0, around(Seconds(0.2), 0.9, 1.21)}}};
}

TEST(Experience, TeachesNothingFromFewerThanThreeModels) {
  EXPECT_EQ(decode_from({2, 2}), PhaseCorrection{});
  EXPECT_EQ(decode_from({2, 2, 2}).models, 3U);
}

TEST(Experience, CountsManyActualsOfOneModelAsOne) {
  auto all = residuals({2, 2, 2});
  for (Residual& one : all) one.model = "the same";
  EXPECT_EQ(correction_from(all, Evidence::kCalibrated).decode, PhaseCorrection{});
}

TEST(Experience, MovesAForecastByAShrunkShareOfWhatItWasOff) {
  const auto learned = decode_from({1, 1, 1});
  EXPECT_NEAR(learned.factor, std::exp(0.1 * 3 / 4), 1e-9);
  EXPECT_GT(decode_from({1, 1, 1, 1, 1, 1}).factor, learned.factor);
  EXPECT_NEAR(decode_from({-1, -1, -1}).factor, 1 / learned.factor, 1e-9);
  EXPECT_NEAR(decode_from({-1, 0, 1}).factor, 1, 1e-9);
}

TEST(Experience, NarrowsWhereModelsAgreeAndWidensWhereTheyScatter) {
  EXPECT_LT(decode_from({0.5, 0.6, 0.4, 0.5}).reach, 1);
  EXPECT_GT(decode_from({-3, 3, -2, 2}).reach, 1.5);
  EXPECT_LT(decode_from(std::vector<double>(20, 0.5)).reach, decode_from(std::vector<double>(4, 0.5)).reach);
}

TEST(Experience, LeavesAnIntervalAboutAsItIsWhereItWasRight) {
  // Scattered as a forecast's own interval claims: deviation one.
  const auto learned = decode_from({-1.6, -0.9, -0.4, -0.1, 0.2, 0.5, 0.9, 1.5});
  EXPECT_NEAR(learned.reach, 1, 0.15);
  EXPECT_NEAR(learned.factor, 1, 0.02);
}

TEST(Experience, KeepsWithinReasonWhateverTheLedgerSays) {
  const auto far = decode_from({100, 100, 100});
  EXPECT_EQ(far.factor, 3);
  EXPECT_EQ(far.reach, 4);
  EXPECT_GE(decode_from(std::vector<double>(100, 0)).reach, 0.5);
}

TEST(Experience, LearnsOfEachRungAndPhaseAlone) {
  auto all = residuals({1, 1, 1}, Phase::kPrefill);
  const auto other = residuals({1, 1});
  all.insert(all.end(), other.begin(), other.end());
  EXPECT_EQ(correction_from(all, Evidence::kCalibrated).prefill.models, 3U);
  EXPECT_EQ(correction_from(all, Evidence::kCalibrated).decode, PhaseCorrection{});
  EXPECT_EQ(correction_from(all, Evidence::kRehearsed), Correction{});
}

TEST(Experience, CorrectsPointsAndSaysSo) {
  const Correction correction{.prefill = {},
                              .decode = {.factor = 1.5, .reach = 0.5, .models = 4, .actuals = 9}};
  const Timings now = corrected(some_timings(), correction);
  EXPECT_EQ(now.prefill[0].duration.high, Seconds(4 * 1.1));
  EXPECT_NEAR(now.decode[0].duration.expected.value, 0.3, 1e-12);
  EXPECT_NEAR(now.decode[0].duration.high.value, 0.3 * 1.1, 1e-12);
  EXPECT_EQ(now.source, "calibrated, corrected by 4 models measured here");
  EXPECT_EQ(now.correction, correction);
}

TEST(Experience, LeavesMeasuredTimesAlone) {
  const Correction correction{.decode = {.factor = 1.5, .reach = 0.5, .models = 4, .actuals = 9}};
  EXPECT_EQ(corrected(some_timings(Evidence::kMeasured), correction).source, "calibrated");
  EXPECT_EQ(corrected(some_timings(), {}).source, "calibrated");
}

}  // namespace
}  // namespace tokcast
