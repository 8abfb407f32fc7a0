#include "choose/ladder.h"

#include <gtest/gtest.h>

#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

KernelRates rates_of(Evidence evidence, const std::vector<GgmlType>& types) {
  KernelRates rates{.evidence = evidence, .threads = 2, .head_rest = HeadRest{}};
  for (const GgmlType type : types) rates.types[type] = {{1, 1e-10}, {128, 1e-9}};
  return rates;
}

TEST(Ladder, TakesTheStrongestEvidence) {
  const Ladder ladder{.calibrated = rates_of(Evidence::kCalibrated, {GgmlType::kQ8_0}),
                      .estimated = rates_of(Evidence::kEstimated, {GgmlType::kQ8_0})};
  EXPECT_EQ(timings_from(ladder, tiny_shape("Q8_0"))->evidence, Evidence::kCalibrated);
}

TEST(Ladder, StepsDownWhereATypeWasNotCalibrated) {
  const Ladder ladder{.calibrated = rates_of(Evidence::kCalibrated, {GgmlType::kQ4_0}),
                      .estimated = rates_of(Evidence::kEstimated, {GgmlType::kQ8_0})};
  const auto timings = timings_from(ladder, tiny_shape("Q8_0"));
  EXPECT_EQ(timings->evidence, Evidence::kEstimated);
  EXPECT_NE(timings->source.find("tokcast calibrate --types Q8_0"), std::string::npos) << timings->source;
}

TEST(Ladder, AsksForACalibrationWhereOneCanBeMade) {
  Ladder ladder{.estimated = rates_of(Evidence::kEstimated, {GgmlType::kQ8_0})};
  EXPECT_EQ(timings_from(ladder, tiny_shape("Q8_0"))->source, "");
  ladder.can_calibrate = true;
  EXPECT_NE(timings_from(ladder, tiny_shape("Q8_0"))->source.find("Run `tokcast calibrate`"),
            std::string::npos);
}

TEST(Ladder, TellsARehearsalWhatFurtherSessionsCostWithAWiderInterval) {
  const Ladder ladder{.calibrated = rates_of(Evidence::kCalibrated, {GgmlType::kQ8_0, GgmlType::kF16})};
  const auto below = timings_from(ladder, tiny_shape("Q8_0"), {}, {.sessions = 4});
  ASSERT_TRUE(below && below->parallel);
  Timings rehearsed{.evidence = Evidence::kRehearsed, .source = "rehearsed"};
  complete_from(*below, rehearsed);
  ASSERT_TRUE(rehearsed.parallel);
  EXPECT_EQ(rehearsed.parallel->growth.expected, below->parallel->growth.expected);
  EXPECT_LT(rehearsed.parallel->growth.low, below->parallel->growth.low);
  EXPECT_GT(rehearsed.parallel->growth.high, below->parallel->growth.high);
  EXPECT_EQ(rehearsed.source, "rehearsed, further sessions calibrated");
}

TEST(Ladder, PutsLayersOnAGpuThatIsToBeUsed) {
  const Shape shape = tiny_shape("Q8_0");
  EXPECT_EQ(placed({}, shape, true).gpu_layers, shape.layers.size() + 1) << "all, the output too";
  EXPECT_EQ(placed({.gpu_layers = 3}, shape, true).gpu_layers, 3U);
  EXPECT_EQ(placed({.gpu_layers = 99}, shape, true).gpu_layers, shape.layers.size() + 1);
  EXPECT_EQ(placed({}, shape, false).gpu_layers, 0U);
  MemoryLimits none;
  none.cards = MemoryBound{kGibi, "memory of the GPU"};
  EXPECT_EQ(placed({}, shape, true, none).gpu_layers, 0U);
}

TEST(Ladder, SplitsAModelBetweenItsCardAndTheProcessorsBestRung) {
  const Shape shape = tiny_shape("Q8_0");
  const KernelRates rates = rates_of(Evidence::kCalibrated, {GgmlType::kQ8_0, GgmlType::kF16});
  Hardware card{.kind = HardwareKind::kGpu, .part = "a card", .backend = "CUDA", .group = "nvidia"};
  card.bandwidth = 500e9;
  const Ladder ladder{.calibrated = rates, .cards = {{.hardware = card}}};
  const auto split = timings_from(ladder, shape, {}, {.gpu_layers = 4});
  ASSERT_TRUE(split) << describe(split.error());
  EXPECT_EQ(split->evidence, Evidence::kLookedUp);
  EXPECT_NE(split->source.find("(calibrated)"), std::string::npos) << split->source;
  EXPECT_EQ(timings_from(ladder, shape, {}, {.gpu_layers = 0})->evidence, Evidence::kCalibrated);
  EXPECT_FALSE(timings_from(ladder, shape, Evidence::kCalibrated, {.gpu_layers = 4}));
}

TEST(Ladder, GivesTheRungThatWasAskedForOrSaysHowToGetIt) {
  const Ladder ladder{.calibrated = rates_of(Evidence::kCalibrated, {GgmlType::kQ8_0})};
  const Shape shape = tiny_shape("Q8_0");
  EXPECT_EQ(timings_from(ladder, shape, Evidence::kCalibrated)->evidence, Evidence::kCalibrated);
  const auto estimated = timings_from(ladder, shape, Evidence::kEstimated);
  ASSERT_FALSE(estimated);
  EXPECT_NE(estimated.error().fix.find("tokcast probe"), std::string::npos);
  const auto rehearsed = timings_from(ladder, shape, Evidence::kRehearsed);
  EXPECT_FALSE(rehearsed);
}

TEST(Ladder, SaysWhatTheStrongestRungLacksIfThereIsNone) {
  const auto timings = timings_from({}, tiny_shape("Q8_0"));
  ASSERT_FALSE(timings);
  EXPECT_NE(timings.error().fix.find("tokcast calibrate"), std::string::npos);
}

TEST(Ladder, DoesNotTimeWhatIsNotModelled) {
  Shape shape = tiny_shape("Q8_0");
  shape.not_modelled.emplace_back("gated delta nets are not modelled yet");
  const Ladder ladder{.calibrated = rates_of(Evidence::kCalibrated, {GgmlType::kQ8_0})};
  const auto timings = timings_from(ladder, shape);
  ASSERT_FALSE(timings);
  EXPECT_EQ(timings.error().kind, ErrorKind::kUnsupported);
}

TEST(Ladder, KnowsItsRungsByName) {
  EXPECT_EQ(find_evidence("looked-up"), Evidence::kLookedUp);
  EXPECT_FALSE(find_evidence("guessed"));
}

}  // namespace
}  // namespace tokcast
