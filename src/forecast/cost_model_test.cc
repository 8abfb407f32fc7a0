#include "forecast/cost_model.h"

#include <gtest/gtest.h>

#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

Interval<Seconds> exactly(double seconds) {
  return around(Seconds(seconds), 1, 1);
}

// Decode 20 ms and 10 us per position; prefill 1 ms a token at any batch size, and 2 us per token and
// position.
Timings known_timings() {
  Timings timings{.evidence = Evidence::kRehearsed, .source = "test", .threads = 2};
  timings.decode = {{0, exactly(0.020)}, {1000, exactly(0.030)}};
  const auto prefill_of = [](double tokens, double depth) {
    return exactly(tokens * 0.001 + tokens * 2e-6 * (depth + tokens / 2));
  };
  timings.prefill = {{32, 0, prefill_of(32, 0)},
                     {128, 0, prefill_of(128, 0)},
                     {128, 1000, prefill_of(128, 1000)},
                     {512, 0, prefill_of(512, 0)}};
  return timings;
}

TEST(CostModel, ADecodeStepGrowsWithDepth) {
  const Shape shape = tiny_shape();
  EXPECT_NEAR(decode_step(shape, known_timings(), 0).expected.value, 0.020, 1e-9);
  EXPECT_NEAR(decode_step(shape, known_timings(), 500).expected.value, 0.025, 1e-9);
  EXPECT_NEAR(decode_step(shape, known_timings(), 1500).expected.value, 0.035, 1e-9);
}

TEST(CostModel, DecodeSumsTheStepsAlongTheGrowingDepth) {
  const Shape shape = tiny_shape();
  const auto reply = decode(shape, known_timings(), 100, 400);
  EXPECT_NEAR(reply.expected.value, 100 * (0.020 + 1e-5 * 450), 1e-6);
  EXPECT_EQ(decode(shape, known_timings(), 0, 400).expected, Seconds(0));
}

TEST(CostModel, SessionsShareWhatGrowsLittleAndPayAttentionEach) {
  const Shape shape = tiny_shape();
  Timings timings = known_timings();
  timings.parallel = ParallelStep{4, {1.2, 1.5, 2}};
  const auto step = decode_step(shape, timings, 500, {.sessions = 4});
  EXPECT_NEAR(step.expected.value, 1.5 * 0.020 + 4 * 500 * 1e-5, 1e-9);
  EXPECT_NEAR(step.low.value, 1.2 * 0.020 + 4 * 500 * 1e-5, 1e-9);
  EXPECT_NEAR(step.high.value, 2 * 0.020 + 4 * 500 * 1e-5, 1e-9);
}

TEST(CostModel, WhatFurtherSessionsCostIsAnythingWhereItIsNotKnown) {
  const Shape shape = tiny_shape();
  const auto step = decode_step(shape, known_timings(), 0, {.sessions = 9});
  EXPECT_NEAR(step.low.value, 0.020, 1e-9) << "as if they cost nothing";
  EXPECT_NEAR(step.high.value, 9 * 0.020, 1e-9) << "as if nothing were shared";
}

TEST(CostModel, PromptsOfSeveralSessionsAreReadInARow) {
  const Shape shape = tiny_shape();
  const Timings timings = known_timings();
  const double one = 0.128 + 128 * 2e-6 * 64;
  EXPECT_NEAR(prefill(shape, timings, 128, 0, {.sessions = 4}).expected.value, 4 * one, 1e-3);
  EXPECT_NEAR(prefill(shape, timings, 128, 0, {.sessions = 7}).expected.value, 7 * one, 2e-3)
      << "more than a micro-batch";
}

TEST(CostModel, AnotherAttentionChangesWhatDepthCostsAndNothingElse) {
  const Shape shape = tiny_shape();
  const RunSetup setup{.attention = {0.5, 1, 2}};
  const auto step = decode_step(shape, known_timings(), 1000, setup);
  EXPECT_NEAR(step.low.value, 0.020 + 0.5 * 0.010, 1e-9);
  EXPECT_NEAR(step.expected.value, 0.030, 1e-9);
  EXPECT_NEAR(step.high.value, 0.020 + 2 * 0.010, 1e-9);
  const auto prompt = prefill(shape, known_timings(), 128, 1000, setup);
  const double attention = 128 * 2e-6 * 1064;
  EXPECT_NEAR(prompt.high.value, 0.128 + 2 * attention, 1e-4);
  EXPECT_NEAR(prompt.low.value, 0.128 + 0.5 * attention, 1e-4);
}

TEST(CostModel, PrefillReproducesItsPointsAndWhatLiesBetween) {
  const Shape shape = tiny_shape();
  const Timings timings = known_timings();
  for (const PrefillPoint& point : timings.prefill) {
    EXPECT_NEAR(prefill(shape, timings, point.tokens, point.depth).expected.value,
                point.duration.expected.value, 1e-6);
  }
  EXPECT_NEAR(prefill(shape, timings, 256, 0).expected.value, 0.256 + 256 * 2e-6 * 128, 1e-4);
}

TEST(CostModel, ALongPromptIsManyMicroBatchesEachDeeper) {
  const Shape shape = tiny_shape();
  const double truth = 2.048 + 2048 * 2e-6 * 1024;
  EXPECT_NEAR(prefill(shape, known_timings(), 2048, 0).expected.value, truth, 0.01 * truth);
}

TEST(CostModel, AOneTokenPromptCostsADecodeStepAndNoneCostsNothing) {
  const Shape shape = tiny_shape();
  EXPECT_NEAR(prefill(shape, known_timings(), 1, 0).expected.value, 0.020, 1e-4);
  EXPECT_EQ(prefill(shape, known_timings(), 0, 500).expected, Seconds(0));
}

TEST(CostModel, ASlidingWindowCapsTheCostOfDepth) {
  Shape shape = tiny_shape();
  for (std::size_t i = 0; i < shape.layers.size(); i += 2) shape.layers[i].sliding_window = 100;
  EXPECT_DOUBLE_EQ(attended_positions(shape, 50), 50);
  EXPECT_DOUBLE_EQ(attended_positions(shape, 1000), (100 + 1000) / 2.0);
}

TEST(CostModel, WithoutAttentionDepthIsFree) {
  Shape shape = tiny_shape();
  for (LayerShape& layer : shape.layers) layer.kind = LayerKind::kRecurrent;
  EXPECT_EQ(attended_positions(shape, 1000), 0);
  EXPECT_NEAR(decode_step(shape, known_timings(), 5000).expected.value, 0.020, 1e-9);
}

TEST(CostModel, WithOnePointThePriorTellsWhatDepthCosts) {
  const Shape shape = tiny_shape();
  Timings timings = known_timings();
  timings.decode.pop_back();
  const double slope = decode_slope_prior(shape, Seconds(0.020));
  const double read_like_weights = 0.020 * static_cast<double>(shape.kv_bytes_per_token().value) /
                                   static_cast<double>(shape.decode_bytes().value);
  EXPECT_GT(slope, read_like_weights) << "attention computes, too";
  EXPECT_NEAR(decode_step(shape, timings, 1000).expected.value, 0.020 + 1000 * slope, 1e-6);
}

TEST(CostModel, TheWidestPointSetsTheInterval) {
  const Shape shape = tiny_shape();
  Timings timings = known_timings();
  timings.prefill[1].duration = around(timings.prefill[1].duration.expected, 0.8, 1.5);
  const auto prompt = prefill(shape, timings, 64, 0);
  EXPECT_NEAR(prompt.low / prompt.expected, 0.8, 1e-9);
  EXPECT_NEAR(prompt.high / prompt.expected, 1.5, 1e-9);
}

TEST(CostModel, TheIntervalWidensFarBeyondTheDeepestMeasured) {
  const Shape shape = tiny_shape();
  const auto near = decode_step(shape, known_timings(), 1500);
  const auto far = decode_step(shape, known_timings(), 32'000);
  EXPECT_NEAR(near.high / near.expected, 1, 1e-9);
  EXPECT_GT(far.high / far.expected, 1.2);
  EXPECT_LT(far.low / far.expected, 0.8);
}

}  // namespace
}  // namespace tokcast
