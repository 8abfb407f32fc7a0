#include "measure/measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine_probe.h"
#include "engine/fake_turns_test_util.h"
#include "forecast/forecast.h"
#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;

// A file of a million bytes: a fake token takes 0.3 ms on one thread.
class Measuring : public testing::Test {
 protected:
  Measuring() { write_text(model_, std::string(1'000'000, 'x')); }

  Result<Measurement> measured(const Workload& workload = {}, Seconds allowance = Seconds(0.001),
                               const std::string& misbehave = kTurnsAndSlowDays) {
    const std::string help = help_with_turns();
    const FakeEngine fake{.help = help, .misbehave = misbehave};
    write_fake_engine(directory_.path(), fake);
    Engine engine;
    engine.directory = directory_.path();
    engine.bench_options = parse_bench_help(fake.help);
    return measure(tiny_shape(), engine, Machine{},
                   {.model_path = model_, .threads = 1, .workload = workload, .allowance = allowance});
  }

  std::string log() const { return read_text(directory_ / "llama-bench.log"); }

  TemporaryDirectory directory_;
  std::string model_ = directory_ / "model.gguf";
};

TEST_F(Measuring, TimesLoadsPrefillDecodeAndTheWholeTurn) {
  const auto out = measured();
  ASSERT_TRUE(out) << describe(out.error());
  EXPECT_EQ(out->load.size(), 2U);
  EXPECT_TRUE(out->cold_load.size() == 1 || !out->not_cold.empty());
  EXPECT_GE(out->of({.prompt = 128}).size(), 2U);
  EXPECT_GE(out->of({.generate = 8}).size(), 2U);
  EXPECT_GE(out->of({.generate = 29, .depth = 128}).size(), 2U);
  EXPECT_GE(out->of({128, 29, 0}).size(), 2U);
  EXPECT_EQ(out->compute_bytes, Bytes(7 * kMebi.value / 2));
  EXPECT_THAT(log(), HasSubstr("-pg 128,29 "));
}

TEST_F(Measuring, LeavesOutTheSampleThatTouchedTheWeightsFirst) {
  const auto out = measured();
  ASSERT_TRUE(out);
  EXPECT_EQ(out->of({.prompt = 32}).size(), 1U);
}

TEST_F(Measuring, GoesDeepAndRunsMoreRoundsWhileThereIsTime) {
  const auto out = measured({}, Seconds(20));
  ASSERT_TRUE(out) << describe(out.error());
  EXPECT_EQ(out->of({.generate = 8, .depth = 1024}).size(), 2U);
  EXPECT_EQ(out->of({.prompt = 512}).size(), 1U);
  EXPECT_GE(out->of({128, 29, 0}).size(), 4U);
}

TEST_F(Measuring, MeasuresThisTurnAndNoOther) {
  const Workload later{.prompt_tokens = 300, .cached_tokens = 100, .reply_tokens = 5, .depth_tokens = 50};
  const auto out = measured(later);
  ASSERT_TRUE(out) << describe(out.error());
  EXPECT_FALSE(out->of({.prompt = 200, .depth = 150}).empty());
  EXPECT_FALSE(out->of({.generate = 4, .depth = 350}).empty());
  EXPECT_FALSE(out->of({200, 4, 150}).empty());
}

TEST(TurnTests, HaveNoPrefillWhereAllIsCachedAndNoDecodeForOneToken) {
  const TurnTests cached = turn_tests({.prompt_tokens = 100, .cached_tokens = 100, .reply_tokens = 10});
  EXPECT_FALSE(cached.prefill || cached.turn);
  EXPECT_EQ(cached.decode, (BenchTest{.generate = 10, .depth = 100}));
  const TurnTests one = turn_tests({.prompt_tokens = 100, .reply_tokens = 1});
  EXPECT_EQ(one.prefill, (BenchTest{.prompt = 100}));
  EXPECT_FALSE(one.decode || one.turn);
}

TEST_F(Measuring, GivesTheMedianAndTheSpreadOfEachStage) {
  const auto out = measured();
  ASSERT_TRUE(out);
  const MeasuredTurn turn = measured_turn(*out, {});
  const double prefill = 0.0002 + 128 * 1e6 * 0.01e-9 * (1 + 64 * 0.0001);
  const double decode = 29 * 0.0003 * (1 + 128 * 0.0001);
  ASSERT_TRUE(turn.first_token && turn.turn && turn.prefill && turn.decode && turn.load);
  EXPECT_NEAR(turn.first_token->low.value, prefill, prefill * 1e-3);
  EXPECT_NEAR(turn.turn->low.value, prefill + decode, (prefill + decode) * 1e-3);
  EXPECT_NEAR(turn.decode->high.value, 29 / decode, 29 / decode * 1e-3);
  EXPECT_LE(turn.turn->low, turn.turn->expected);
  EXPECT_LE(turn.turn->expected, turn.turn->high);
  EXPECT_GE(turn.turns, 2U);
}

TEST_F(Measuring, BecomesTimingsWhoseForecastIsWhatWasMeasured) {
  const auto out = measured({}, Seconds(20));
  ASSERT_TRUE(out);
  const auto timings = measured_timings(*out);
  ASSERT_TRUE(timings) << describe(timings.error());
  EXPECT_EQ(timings->evidence, Evidence::kMeasured);
  EXPECT_EQ(timings->compute_bytes, out->compute_bytes);
  ASSERT_TRUE(timings->load);
  const Forecast answer = forecast(tiny_shape(), *timings, {}, std::nullopt);
  const MeasuredTurn turn = measured_turn(*out, {});
  EXPECT_NEAR(answer.turn->turn.expected.value, turn.turn->expected.value, 0.05 * turn.turn->expected.value);
  EXPECT_LT(answer.turn->turn.low, turn.turn->expected);
  EXPECT_GT(answer.turn->turn.high, turn.turn->expected);
}

TEST(MeasuredTimings, NeedAPrefillAndADecode) {
  EXPECT_FALSE(measured_timings({}));
  EXPECT_FALSE(measured_timings({.samples = {{{.generate = 8}, {Seconds(1)}}}}));
  EXPECT_FALSE(measured_timings(
      {.samples = {{{.prompt = 8, .depth = 5}, {Seconds(1)}}, {{.generate = 8}, {Seconds(1)}}}}));
}

TEST_F(Measuring, SaysWhatTheEngineSaid) {
  const auto out = measured({}, Seconds(1), "echo 'error loading model: odd' >&2; exit 1");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(out.error().message, HasSubstr("odd"));
}

}  // namespace
}  // namespace tokcast
