#include "rehearse/extend.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/naming.h"
#include "model/tiny_model_test_util.h"
#include "rehearse/layer_kinds.h"
#include "rehearse/prior_costs.h"

namespace tokcast {
namespace {

// A machine whose every duration is known: outside + layers x per layer (+ depth), so the right answer is
// too. What lies outside costs a third more for each byte than layers do (the tiny model's output has half
// the bytes of a layer), as on machines that were measured.
struct KnownMachine {
  double outside = 0.0035;
  double per_layer = 0.005;
  double per_layer_and_depth = 0.000'001;

  double duration(const BenchTest& test, std::size_t layers) const {
    const double tokens = test.generate > 0 ? test.generate : test.prompt * 0.1;
    const double count = static_cast<double>(layers);
    return tokens * (outside + count * (per_layer + per_layer_and_depth * test.depth));
  }
};

void add(Rehearsal& rehearsal, RehearsalPass pass, std::uint32_t number, bool large, BenchTest test,
         const KnownMachine& machine, double disturbance = 1) {
  const std::size_t layers = large ? rehearsal.plan.large.size() : rehearsal.plan.small_count;
  const Seconds seconds(machine.duration(test, layers));
  rehearsal.samples.push_back(
      {pass, number, large, test, false, {seconds, seconds, seconds, seconds * disturbance}});
}

Rehearsal rehearsal_on(const KnownMachine& machine, const Shape& shape, double disturbance = 1) {
  Rehearsal rehearsal{
      .model = shape.id, .shape_key = shape_key(shape), .threads = 2, .last_level_cache = 8 * kMebi};
  rehearsal.plan = {.large = {0, 1, 2, 3}, .small_count = 1, .bytes = Bytes(1)};
  for (const std::uint32_t round : {0U, 1U}) {
    for (const bool large : {false, true}) {
      for (const BenchTest test :
           {BenchTest{.prompt = 32}, BenchTest{.prompt = 128}, BenchTest{.generate = 8}}) {
        add(rehearsal, RehearsalPass::kRound, round, large, test, machine, disturbance);
      }
    }
  }
  for (const std::uint32_t depth : {0U, 1024U}) {
    add(rehearsal, RehearsalPass::kDepth, 0, true, {.generate = 8, .depth = depth}, machine);
  }
  for (const std::uint32_t prompt : {128U, 512U}) {
    add(rehearsal, RehearsalPass::kBatch, 0, true, {.prompt = prompt}, machine);
  }
  return rehearsal;
}

TEST(Extend, FindsTheWholeFromTwoSkeletons) {
  const Shape shape = tiny_shape();
  const KnownMachine machine;
  const auto timings = extend(shape, rehearsal_on(machine, shape));
  ASSERT_TRUE(timings);
  EXPECT_EQ(timings->evidence, Evidence::kRehearsed);
  const double truth = machine.outside + 8 * machine.per_layer;
  EXPECT_NEAR(timings->decode.front().duration.expected.value, truth, 0.03 * truth);
  EXPECT_LE(timings->decode.front().duration.low.value, truth);
  EXPECT_GE(timings->decode.front().duration.high.value, truth);
}

TEST(Extend, CarriesTheCostOfDepthToAllLayers) {
  const Shape shape = tiny_shape();
  const KnownMachine machine{.per_layer_and_depth = 0.000'01};
  const auto timings = extend(shape, rehearsal_on(machine, shape));
  ASSERT_TRUE(timings);
  ASSERT_EQ(timings->decode.size(), 2U);
  const double added = (timings->decode[1].duration.expected - timings->decode[0].duration.expected).value;
  const double truth = 8 * machine.per_layer_and_depth * 1024;
  EXPECT_NEAR(added, truth, 0.05 * truth);
}

TEST(Extend, KnowsAFullMicroBatch) {
  const Shape shape = tiny_shape();
  const auto timings = extend(shape, rehearsal_on({}, shape));
  ASSERT_TRUE(timings);
  EXPECT_EQ(timings->prefill.back().tokens, 512U);
  const double of_128 = timings->prefill[1].duration.expected.value;
  EXPECT_NEAR(timings->prefill.back().duration.expected.value, 4 * of_128, 0.1 * of_128);
}

TEST(Extend, AFullBatchMeetsTheOutputMatrixOnce) {
  const Shape shape = *find_shape("qwen2.5-1.5b-instruct:Q8_0");  // its output is as large as five layers
  const LayerKinds kinds = layer_kinds(shape);
  const double layer = 0.0001;  // seconds for one token
  const double share = output_share(shape, kinds, {.prompt = 128});
  const double output = share / (1 - share) * 0.3 * layer * 128;  // what is left of the last layer: 0.3
  const auto prefill = [&](std::uint32_t tokens, std::size_t layers) {
    return output + tokens * layer * (static_cast<double>(layers) - 0.7);
  };
  Rehearsal rehearsal = rehearsal_on({}, shape);
  for (RehearsalSamples& group : rehearsal.samples) {
    if (group.test.prompt == 0) continue;
    const std::size_t layers = group.large ? rehearsal.plan.large.size() : rehearsal.plan.small_count;
    for (Seconds& sample : group.samples) sample = Seconds(prefill(group.test.prompt, layers));
  }
  const auto timings = extend(shape, rehearsal);
  ASSERT_TRUE(timings);
  EXPECT_LT(prefill(512, 4) / prefill(128, 4), 3.75) << "the output matrix is a large part of a skeleton";
  const double truth = prefill(512, shape.layers.size());
  EXPECT_NEAR(timings->prefill.back().duration.expected.value, truth, 0.02 * truth);
}

TEST(Extend, WithoutAFullBatchItGrowsAsThatOfAllModels) {
  const Shape shape = tiny_shape();
  Rehearsal rehearsal = rehearsal_on({}, shape);
  std::erase_if(rehearsal.samples,
                [](const RehearsalSamples& group) { return group.pass == RehearsalPass::kBatch; });
  const auto timings = extend(shape, rehearsal);
  ASSERT_TRUE(timings);
  EXPECT_EQ(timings->prefill.back().tokens, 512U);
  const double growth = timings->prefill.back().duration.expected / timings->prefill[1].duration.expected;
  EXPECT_NEAR(growth, 4.1, 0.1);
}

TEST(Extend, DoesNotTakeOneSlowBatchAtItsWord) {
  const Shape shape = tiny_shape();
  Rehearsal disturbed = rehearsal_on({}, shape);
  for (RehearsalSamples& group : disturbed.samples) {
    if (group.test.prompt != 512) continue;
    for (Seconds& sample : group.samples) sample = sample * 1.2;
  }
  const auto timings = extend(shape, disturbed);
  ASSERT_TRUE(timings);
  const double growth = timings->prefill.back().duration.expected / timings->prefill[1].duration.expected;
  EXPECT_GT(growth, 4.2) << "it counts";
  EXPECT_LT(growth, 4.6) << "but no model's full batch was 4.8 times a quarter of one";
}

TEST(Extend, ASmallSkeletonThatACacheMayHoldCountsForLess) {
  const Shape shape = *find_shape("tinyllama-1.1b-chat:Q4_K_M");  // its output is as large as two layers
  const KnownMachine machine{.outside = 0.010};
  Rehearsal cached = rehearsal_on(machine, shape);
  for (RehearsalSamples& group : cached.samples) {
    if (group.large || group.test.generate == 0) continue;
    for (Seconds& sample : group.samples) sample = sample * 0.7;
  }
  const double truth = machine.outside + 22 * machine.per_layer;
  const auto step = [&](Bytes cache) {
    cached.last_level_cache = cache;
    return extend(shape, cached)->decode.front().duration;
  };
  const auto believed = step(8 * kMebi);
  const auto doubted = step(480 * kMebi);
  EXPECT_LT(std::abs(doubted.expected.value - truth), std::abs(believed.expected.value - truth));
  EXPECT_GT((doubted.high - doubted.low).value, (believed.high - believed.low).value);
}

TEST(Extend, AModelThatACacheHoldsAsWellIsNotDoubted) {
  const Shape shape = tiny_shape();
  Rehearsal rehearsal = rehearsal_on({}, shape);
  const auto known_small = extend(shape, rehearsal)->decode.front().duration;
  rehearsal.last_level_cache = 480 * kMebi;
  const auto known_large = extend(shape, rehearsal)->decode.front().duration;
  EXPECT_NEAR(known_large.expected / known_small.expected, 1, 0.001);
}

TEST(Extend, AHiccupRaisesTheHighEndOnly) {
  const Shape shape = tiny_shape();
  const auto calm = extend(shape, rehearsal_on({}, shape));
  const auto disturbed = extend(shape, rehearsal_on({}, shape, 1.25));
  ASSERT_TRUE(calm && disturbed);
  const auto& quiet = calm->decode.front().duration;
  const auto& busy = disturbed->decode.front().duration;
  EXPECT_NEAR(busy.expected / quiet.expected, 1, 0.01) << "one sample of four";
  EXPECT_GT(busy.high / busy.expected, quiet.high / quiet.expected);
  EXPECT_LE(busy.low, quiet.low) << "the machine's own speed is the same, only less sure";
}

TEST(Extend, ContentionMostOfTheTimeRaisesTheExpected) {
  const Shape shape = tiny_shape();
  Rehearsal disturbed = rehearsal_on({}, shape);
  for (RehearsalSamples& group : disturbed.samples) {
    for (const std::size_t sample : {1U, 2U, 3U}) group.samples[sample] = group.samples[sample] * 1.2;
  }
  const auto calm = extend(shape, rehearsal_on({}, shape));
  const auto busy = extend(shape, disturbed);
  ASSERT_TRUE(calm && busy);
  EXPECT_GT(busy->decode.front().duration.expected / calm->decode.front().duration.expected, 1.15);
  EXPECT_NEAR(*busy->decode_share_lost, 0.2, 1e-9);
  EXPECT_LT(busy->decode.front().duration.low, calm->decode.front().duration.expected);
}

TEST(Extend, TellsWhatOthersTookAndWidensTheHighEndByIt) {
  const Shape shape = tiny_shape();
  Rehearsal busy = rehearsal_on({}, shape);
  const auto unknown = extend(shape, busy);
  busy.contention.others_share = 0.05;
  busy.contention.cpus = 2;
  const auto wide = extend(shape, busy);
  ASSERT_TRUE(unknown && wide);
  EXPECT_FALSE(unknown->taken_by_others);
  EXPECT_NEAR(*wide->taken_by_others, 0.05, 1e-12);
  EXPECT_FALSE(is_busy(*wide));
  EXPECT_GT(wide->decode.front().duration.high, unknown->decode.front().duration.high);
  EXPECT_EQ(wide->decode.front().duration.low, unknown->decode.front().duration.low);
}

TEST(Extend, AMachineThatWasBusyAllTheTimeMayBeFasterThanItsBestSamples) {
  const Shape shape = tiny_shape();
  Rehearsal busy = rehearsal_on({}, shape);
  busy.contention.cpu_pressure_share = 0.8;
  const auto calm = extend(shape, rehearsal_on({}, shape));
  const auto wide = extend(shape, busy);
  ASSERT_TRUE(calm && wide);
  EXPECT_NEAR(wide->decode.front().duration.low / calm->decode.front().duration.low, 0.6, 1e-9);
  EXPECT_EQ(wide->decode.front().duration.high, calm->decode.front().duration.high);
}

TEST(Extend, RoundsThatDisagreeWidenTheInterval) {
  const Shape shape = tiny_shape();
  Rehearsal drifting = rehearsal_on({}, shape);
  for (RehearsalSamples& group : drifting.samples) {
    if (group.number != 1) continue;
    for (Seconds& sample : group.samples) sample = sample * 1.3;
  }
  const auto steady = extend(shape, rehearsal_on({}, shape));
  const auto drifted = extend(shape, drifting);
  ASSERT_TRUE(steady && drifted);
  const auto width = [](const Interval<Seconds>& i) { return (i.high - i.low).value / i.expected.value; };
  EXPECT_GT(width(drifted->decode.front().duration), 2 * width(steady->decode.front().duration));
}

TEST(Extend, RefusesTheRehearsalOfAnotherModel) {
  const Shape shape = tiny_shape();
  const Rehearsal other = rehearsal_on({}, tiny_shape("Q4_0"));
  ASSERT_FALSE(extend(shape, other));
  EXPECT_EQ(extend(shape, other).error().kind, ErrorKind::kBadInput);
}

TEST(Extend, RefusesLayersThatDoNotExistAndMissingRounds) {
  const Shape shape = tiny_shape();
  Rehearsal rehearsal = rehearsal_on({}, shape);
  rehearsal.plan.large.push_back(99);
  EXPECT_FALSE(extend(shape, rehearsal));
  rehearsal = rehearsal_on({}, shape);
  std::erase_if(rehearsal.samples, [](const RehearsalSamples& group) { return !group.large; });
  EXPECT_FALSE(extend(shape, rehearsal));
  rehearsal.samples.clear();
  EXPECT_FALSE(extend(shape, rehearsal));
}

}  // namespace
}  // namespace tokcast
