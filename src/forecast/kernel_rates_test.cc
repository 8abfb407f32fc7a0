#include "forecast/kernel_rates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "forecast/cost_model.h"
#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

// Only matrices cost anything: 1 ns a parameter for one row, 1 ns more for each further four.
KernelRates matrices_only() {
  KernelRates rates{
      .evidence = Evidence::kCalibrated, .source = "test", .threads = 3, .head_rest = HeadRest{}};
  rates.types[GgmlType::kQ8_0] = {{1, 1e-9}, {5, 2e-9}, {101, 26e-9}};
  rates.types[GgmlType::kF16] = {{1, 4e-9}};
  return rates;
}

// The same of a rung whose price of depth is taken at its word.
KernelRates estimated_matrices_only() {
  KernelRates rates = matrices_only();
  rates.evidence = Evidence::kEstimated;
  return rates;
}

Timings timings_of(const Shape& shape, const KernelRates& rates) {
  const auto timings = timings_from_rates(model_work(shape), shape, rates);
  EXPECT_TRUE(timings) << describe(timings.error());
  return timings.value_or(Timings{});
}

double decode_at_start(const Shape& shape, const KernelRates& rates) {
  return timings_of(shape, rates).decode.front().duration.expected.value;
}

double prefill_of(const Shape& shape, const KernelRates& rates, std::uint64_t tokens,
                  std::uint64_t depth = 0) {
  for (const PrefillPoint& point : timings_of(shape, rates).prefill) {
    if (point.tokens == tokens && point.depth == depth) return point.duration.expected.value;
  }
  ADD_FAILURE() << "no point of " << tokens << " at " << depth;
  return 0;
}

Shape tiny_mixture() {
  CatalogueRow row = tiny_row();
  row.architecture = "qwen3moe";
  row.feed_forward_length = {};
  row.experts = 8;
  row.experts_used = 2;
  row.expert_feed_forward_length = 32;
  return *shape_from_header(*expand(row, "Q8_0"), "tiny mixture");
}

// Of the tiny model, as in model_work_test.cc.
constexpr double kLayer = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128;
constexpr double kLast = 3 * 64 * 128 + 64 * 300;  // last feed-forward part, output
constexpr double kAll = 8 * kLayer + 64 * 300;

TEST(KernelRates, CostsAreLinearBetweenPointsAndInProportionBeyond) {
  const TypeCost cost{{1, 2}, {9, 4}, {10, 6}};
  EXPECT_DOUBLE_EQ(cost_at(cost, 1), 2);
  EXPECT_DOUBLE_EQ(cost_at(cost, 3), 2.5);
  EXPECT_DOUBLE_EQ(cost_at(cost, 9), 4);
  EXPECT_DOUBLE_EQ(cost_at(cost, 9.5), 5);
  EXPECT_DOUBLE_EQ(cost_at(cost, 10), 6);
  EXPECT_DOUBLE_EQ(cost_at(cost, 25), 15);
  EXPECT_DOUBLE_EQ(cost_at({{1, 2}}, 7), 14) << "one point is a rate";
}

TEST(KernelRates, ADenseDecodeStepIsItsParametersTimesTheirCost) {
  EXPECT_NEAR(decode_at_start(tiny_shape(), matrices_only()), kAll * 1e-9, 1e-15);
}

TEST(KernelRates, APrefillPaysRowsForAllButTheLastFeedForwardAndTheOutput) {
  const double rows_128 = 26e-9 * 128 / 101;
  EXPECT_NEAR(prefill_of(tiny_shape(), matrices_only(), 128), (kAll - kLast) * rows_128 + kLast * 1e-9,
              1e-12);
}

TEST(KernelRates, AStepOfSeveralSessionsPaysRowsForEveryMatrix) {
  const Shape shape = tiny_shape();
  const auto timings = timings_from_rates(model_work(shape), shape, matrices_only(), 5);
  ASSERT_TRUE(timings && timings->parallel);
  EXPECT_EQ(timings->parallel->sessions, 5U);
  EXPECT_NEAR(timings->parallel->growth.expected, 2, 1e-12) << "2 ns for five rows, 1 ns for one";
  EXPECT_LT(timings->parallel->growth.low, 2);
  EXPECT_GT(timings->parallel->growth.low, 1);
  EXPECT_GT(timings->parallel->growth.high, 2);
}

TEST(KernelRates, MoreSessionsTouchMoreExperts) {
  const Shape mixture = tiny_mixture();
  KernelRates rates = matrices_only();
  rates.types[GgmlType::kQ8_0] = {{1, 1e-9}, {1000, 1e-9}};  // rows are free: only what is touched costs
  rates.types[GgmlType::kF32] = {{1, 0}, {1000, 0}};
  const auto timings = timings_from_rates(model_work(mixture), mixture, rates, 3);
  const double dense = 8 * (2 * 64 * 64 + 2 * 64 * 32) + 64 * 300;
  const double experts = 8 * 8 * 3 * 64 * 32;
  const double truth = (dense + experts * (1 - std::pow(0.75, 3))) / (dense + experts * 0.25);
  EXPECT_NEAR(timings->parallel->growth.expected, truth, 1e-9);
}

TEST(KernelRates, APrefillOfExpertsPaysForThoseTouchedWithTheRowsTheyMeet) {
  const Shape shape = tiny_mixture();
  KernelRates rates = matrices_only();
  const double with_router = prefill_of(shape, rates, 32);
  const double one_layer = 8 * 3 * 64 * 32;
  const double attention = 2 * 64 * 64 + 2 * 64 * 32;
  const double router = 8 * 64;  // F32, seven of eight see every row
  const double touched = 1 - std::pow(0.75, 32);
  const double meets = 32 * 0.25 / touched;
  const auto cost = [](double rows) { return 1e-9 + (rows - 1) * 0.25e-9; };
  const double truth = 8 * attention * cost(32) + 7 * one_layer * touched * cost(meets) +
                       one_layer / 4 * 1e-9 + 64 * 300 * 1e-9 + router * (7 * 32 + 1) * 8e-9;
  EXPECT_NEAR(with_router, truth, 1e-6 * truth);
}

TEST(KernelRates, ExpertsCostTheirFactorAndDenseMatricesDoNot) {
  KernelRates rates = matrices_only();
  const double before = decode_at_start(tiny_mixture(), rates);
  const double dense = decode_at_start(tiny_shape(), rates);
  rates.expert_factors = {{1, 2}, {9, 4}};
  const double experts = 8 * 2 * 3 * 64 * 32 * 1e-9;
  EXPECT_NEAR(decode_at_start(tiny_mixture(), rates) - before, experts, 1e-3 * experts);
  EXPECT_DOUBLE_EQ(decode_at_start(tiny_shape(), rates), dense);
}

TEST(KernelRates, F32CostsTwiceF16UnlessItIsKnown) {
  const Shape shape = tiny_shape("F32");
  KernelRates rates = matrices_only();
  EXPECT_NEAR(decode_at_start(shape, rates), kAll * 8e-9, 1e-13);
  rates.types[GgmlType::kF32] = {{1, 5e-9}};
  EXPECT_NEAR(decode_at_start(shape, rates), kAll * 5e-9, 1e-13);
}

TEST(KernelRates, F32IsPricedByItsBytesFromTheTypeWithTheMostWhereNoFloatIsKnown) {
  KernelRates rates{.types = {{GgmlType::kQ4_0, {{1, 1e-9}}}, {GgmlType::kQ8_0, {{1, 34e-9}}}}};
  EXPECT_NEAR(decode_at_start(tiny_shape("F32"), rates), kAll * 128e-9, 1e-12);
  rates.types.clear();
  EXPECT_FALSE(types_without_cost(model_work(tiny_shape("F32")), rates).empty());
}

TEST(KernelRates, ValuesThatAVectorDoesNotHoldCostMore) {
  const Shape shape = tiny_shape();  // heads of 16
  KernelRates rates = estimated_matrices_only();
  const auto at_depth = [&] {
    return timings_from_rates(model_work(shape), shape, rates)->decode.back().duration.expected.value;
  };
  const double whole = at_depth();
  rates.head_rest = HeadRest{.vector_values = 64, .decode_seconds = 1e-9};
  EXPECT_NEAR(at_depth() - whole, 1024 * model_work(shape).attention_rest_64 * 1e-9, 1e-9);
  EXPECT_EQ(model_work(shape).attention_rest_64, model_work(shape).attention_values);
  EXPECT_EQ(HeadRest{.vector_values = 32}.values(model_work(shape)), model_work(shape).attention_rest_32);
}

TEST(KernelRates, TypesWithoutCostAreNamedInOrder) {
  const Shape shape = tiny_shape("Q5_1");
  KernelRates rates = matrices_only();
  rates.types[GgmlType::kQ5_1] = {};
  const auto timings = timings_from_rates(model_work(shape), shape, rates);
  ASSERT_FALSE(timings);
  EXPECT_EQ(timings.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(timings.error().message.find("Q5_1"), std::string::npos) << timings.error().message;
  const ModelWork mixed{.matrices = {{.type = GgmlType::kQ6_K}, {.type = GgmlType::kF32}}};
  EXPECT_EQ(types_without_cost(mixed, {}), (std::vector{GgmlType::kF32, GgmlType::kQ6_K}));
  EXPECT_EQ(types_without_cost(mixed, rates), std::vector{GgmlType::kQ6_K});
}

TEST(KernelRates, EveryStepPaysForItselfAndItsLayers) {
  KernelRates rates = matrices_only();
  const double before = decode_at_start(tiny_shape(), rates);
  const double before_128 = prefill_of(tiny_shape(), rates, 128);
  rates.step_seconds = 0.5;
  rates.layer_seconds = 0.25;
  EXPECT_NEAR(decode_at_start(tiny_shape(), rates) - before, 0.5 + 8 * 0.25, 1e-12);
  EXPECT_NEAR(prefill_of(tiny_shape(), rates, 128) - before_128, 0.5 + 8 * 0.25, 1e-12);
}

TEST(KernelRates, ActivationsCostAPrefillByItsTokens) {
  KernelRates rates = matrices_only();
  const double values = model_work(tiny_shape()).activation_values;
  const double before = prefill_of(tiny_shape(), rates, 512);
  rates.activation_seconds = 1e-6;
  EXPECT_NEAR(prefill_of(tiny_shape(), rates, 512) - before, 512 * values * 1e-6, 1e-9);
  EXPECT_NEAR(decode_at_start(tiny_shape(), rates), kAll * 1e-9, 1e-15) << "decode has it in its layers";
}

TEST(KernelRates, DepthCostsDecodeByBytesAndPrefillByValues) {
  const Shape shape = tiny_shape();
  const ModelWork work = model_work(shape);
  KernelRates rates = estimated_matrices_only();
  rates.key_value_seconds = 1e-9;
  rates.attention_seconds = 1e-10;
  const Timings timings = timings_of(shape, rates);
  const DecodePoint& deep = timings.decode.back();
  EXPECT_NEAR((deep.duration.expected - timings.decode.front().duration.expected).value,
              deep.depth * work.key_value_bytes * 1e-9, 1e-12);
  EXPECT_NEAR(prefill_of(shape, rates, 128, 1024) - prefill_of(shape, rates, 128),
              128 * 1024 * work.attention_values * 1e-10, 1e-9);
}

TEST(KernelRates, DepthCostsMoreThanACalibrationSawWithKeysAndValuesInItsCaches) {
  const auto added = [](KernelRates rates) {
    rates.key_value_seconds = 1e-9;
    const Timings timings = timings_of(tiny_shape(), rates);
    return timings.decode.back().duration.expected - timings.decode.front().duration.expected;
  };
  EXPECT_NEAR(added(matrices_only()) / added(estimated_matrices_only()), 1.3, 1e-9);
}

TEST(KernelRates, ASlidingWindowBoundsAttention) {
  Shape shape = tiny_shape();
  for (LayerShape& layer : shape.layers) layer.sliding_window = 100;
  KernelRates rates = estimated_matrices_only();
  rates.key_value_seconds = 1e-9;
  const Timings timings = timings_of(shape, rates);
  EXPECT_NEAR((timings.decode.back().duration.expected - timings.decode.front().duration.expected).value,
              100 * model_work(shape).key_value_bytes * 1e-9, 1e-12);
}

TEST(KernelRates, WithoutAttentionDepthIsFree) {
  Shape shape = tiny_shape();
  for (LayerShape& layer : shape.layers) layer.kind = LayerKind::kRecurrent;
  KernelRates rates = matrices_only();
  rates.key_value_seconds = 1;
  rates.attention_seconds = 1;
  const Timings timings = timings_of(shape, rates);
  EXPECT_EQ(timings.decode.back().duration.expected, timings.decode.front().duration.expected);
  EXPECT_DOUBLE_EQ(prefill_of(shape, rates, 128, 1024), prefill_of(shape, rates, 128));
}

Shape with_states(std::uint64_t elements) {
  Shape shape = tiny_shape();
  for (LayerShape& layer : shape.layers) layer.state_elements = elements;
  return shape;
}

TEST(KernelRates, StatesAreReadAndWrittenOnceAStepAndRenewedWithEveryToken) {
  KernelRates rates = matrices_only();
  rates.key_value_seconds = 1e-9;
  rates.attention_seconds = 1e-10;
  const Timings without = timings_of(tiny_shape(), rates);
  const Timings with = timings_of(with_states(1000), rates);
  EXPECT_NEAR((with.decode.front().duration.expected - without.decode.front().duration.expected).value,
              8 * 1000 * 8 * 1e-9, 1e-12);
  for (std::size_t i = 0; i < with.prefill.size(); ++i) {
    EXPECT_NEAR((with.prefill[i].duration.expected - without.prefill[i].duration.expected).value,
                static_cast<double>(with.prefill[i].tokens) * 2 * 8 * 1000 * 1e-10, 1e-12);
  }
}

TEST(KernelRates, WhatStatesCostIsLessCertainThanTheRest) {
  KernelRates rates = matrices_only();
  rates.key_value_seconds = 1e-6;
  rates.layer_seconds = 1e-3;
  const Timings without = timings_of(tiny_shape(), rates);
  const Timings with = timings_of(with_states(1000), rates);
  const double states = 8 * 1000 * 8 * 1e-6;
  EXPECT_NEAR((with.decode.front().duration.low - without.decode.front().duration.low).value, 0.33 * states,
              1e-9);
  EXPECT_NEAR((with.decode.front().duration.high - without.decode.front().duration.high).value,
              4 * states + 2 * 8 * 1e-3, 1e-9);
}

TEST(KernelRates, PartsWithoutARateOfTheirOwnWidenTheInterval) {
  Shape shape = tiny_shape();
  shape.roughly_modelled.emplace_back("something new");
  const Timings timings = timings_of(shape, matrices_only());
  const Interval<Seconds>& step = timings.decode.front().duration;
  EXPECT_DOUBLE_EQ(step.high / step.expected, 1.25);
  EXPECT_DOUBLE_EQ(step.low / step.expected, 1 / 1.25);
}

TEST(KernelRates, TheIntervalIsTheRatesOwn) {
  KernelRates rates = matrices_only();
  rates.decode = {0.5, 3};
  rates.prefill = {0.25, 2};
  const Timings timings = timings_of(tiny_shape(), rates);
  for (const DecodePoint& point : timings.decode) {
    EXPECT_DOUBLE_EQ(point.duration.low / point.duration.expected, 0.5);
    EXPECT_DOUBLE_EQ(point.duration.high / point.duration.expected, 3);
  }
  for (const PrefillPoint& point : timings.prefill) {
    EXPECT_DOUBLE_EQ(point.duration.low / point.duration.expected, 0.25);
    EXPECT_DOUBLE_EQ(point.duration.high / point.duration.expected, 2);
  }
}

TEST(KernelRates, TimingsKeepTheirOriginAndTheOrderOfTheirPoints) {
  const Timings timings = timings_of(tiny_shape(), matrices_only());
  EXPECT_EQ(timings.evidence, Evidence::kCalibrated);
  EXPECT_EQ(timings.source, "test");
  EXPECT_EQ(timings.threads, 3U);
  const auto order = [](const PrefillPoint& point) { return std::pair(point.tokens, point.depth); };
  EXPECT_TRUE(std::ranges::is_sorted(timings.prefill, {}, order));
  EXPECT_TRUE(std::ranges::is_sorted(timings.decode, {}, &DecodePoint::depth));
}

TEST(KernelRates, TheCostModelGivesThePointsBack) {
  KernelRates rates = matrices_only();
  rates.step_seconds = 1e-3;
  rates.key_value_seconds = 1e-9;
  rates.attention_seconds = 1e-10;
  const Shape shape = tiny_shape();
  const Timings timings = timings_of(shape, rates);
  for (const PrefillPoint& point : timings.prefill) {
    EXPECT_NEAR(prefill(shape, timings, point.tokens, point.depth).expected.value,
                point.duration.expected.value, 1e-9);
  }
  for (const DecodePoint& point : timings.decode) {
    EXPECT_NEAR(decode_step(shape, timings, point.depth).expected.value, point.duration.expected.value,
                1e-12);
  }
}

}  // namespace
}  // namespace tokcast
