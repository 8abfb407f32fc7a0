#include "forecast/forecast.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "forecast/forecast_json.h"
#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

// Decode 100 ms a token, prefill 10 ms a token, each known to within 10 %.
Timings steady() {
  Timings timings{.evidence = Evidence::kRehearsed, .source = "test", .threads = 2};
  timings.decode = {{0, around(Seconds(0.1), 0.9, 1.1)}, {1000, around(Seconds(0.1), 0.9, 1.1)}};
  timings.prefill = {{128, 0, around(Seconds(1.28), 0.9, 1.1)}, {512, 0, around(Seconds(5.12), 0.9, 1.1)}};
  return timings;
}

const MemoryBound plenty{Bytes(1ULL << 40U), "test"};

Forecast forecast_of(const Workload& workload, const std::optional<MemoryBound>& bound = plenty) {
  return forecast(tiny_shape(), steady(), workload, bound);
}

TEST(Forecast, OfAVoiceTurnIsPrefillAndTheRepliesSteps) {
  const Forecast out = forecast_of({});
  ASSERT_TRUE(out.turn);
  EXPECT_NEAR(out.turn->first_token.expected.value, 1.28, 0.01);
  EXPECT_NEAR(out.turn->turn.expected.value, 1.28 + 29 * 0.1, 0.02)
      << "the prompt's last token gives the first";
  EXPECT_NEAR(out.turn->decode.expected.value, 10, 0.1);
  EXPECT_NEAR(out.turn->prefill.expected.value, 100, 1);
}

TEST(Forecast, KeepsBreaksOrRisksTheBudget) {
  EXPECT_EQ(forecast_of({.turn_budget = Seconds(5)}).verdict, Verdict::kKeeps);
  EXPECT_EQ(forecast_of({.turn_budget = Seconds(4.2)}).verdict, Verdict::kAtRisk);
  EXPECT_EQ(forecast_of({.turn_budget = Seconds(2)}).verdict, Verdict::kBreaks);
}

TEST(Forecast, TheWorseOfTwoBudgetsDecides) {
  EXPECT_EQ(forecast_of({.turn_budget = Seconds(5), .first_token_budget = Seconds(0.5)}).verdict,
            Verdict::kBreaks);
  EXPECT_EQ(forecast_of({.turn_budget = Seconds(5), .first_token_budget = Seconds(1.3)}).verdict,
            Verdict::kAtRisk);
}

TEST(Forecast, CachedTokensCostNothing) {
  const Forecast cold = forecast_of({.prompt_tokens = 512});
  const Forecast warm = forecast_of({.prompt_tokens = 512, .cached_tokens = 384});
  EXPECT_LT(warm.turn->first_token.expected.value, 0.3 * cold.turn->first_token.expected.value);
}

TEST(Forecast, AFullyCachedPromptStillNeedsOneStep) {
  const Forecast out = forecast_of({.prompt_tokens = 128, .cached_tokens = 128, .reply_tokens = 10});
  EXPECT_NEAR(out.turn->first_token.expected.value, 0.1, 0.01);
  EXPECT_NEAR(out.turn->turn.expected.value, 1.0, 0.02);
}

TEST(Forecast, OfSeveralSessionsIsThatOfTheLastOne) {
  Timings timings = steady();
  timings.parallel = ParallelStep{4, {2, 2, 2}};
  const Workload workload{.prompt_tokens = 128, .reply_tokens = 30, .sessions = 4};
  const Forecast out = forecast(tiny_shape(), timings, workload, plenty);
  EXPECT_NEAR(out.turn->first_token.expected.value, 5.12, 0.01) << "four prompts are one micro-batch";
  EXPECT_NEAR(out.turn->turn.expected.value, 5.12 + 29 * 0.2, 0.02);
  EXPECT_NEAR(out.turn->decode.expected.value, 5, 0.1) << "each";
  EXPECT_NEAR(out.turn->prefill.expected.value, 100, 1) << "all";
  const Json json = forecast_to_json(tiny_shape(), out, {});
  EXPECT_NEAR(json["total_decode_tokens_per_second"]["expected"].get<double>(), 20, 0.1);
}

TEST(Forecast, AnotherCacheWidensWhatDepthCostsAndSaysSo) {
  const Workload f16{.depth_tokens = 1000};
  Workload q4 = f16;
  q4.key_type = q4.value_type = GgmlType::kQ4_0;
  Timings deep = steady();
  deep.decode.back().duration = around(Seconds(0.2), 0.9, 1.1);
  const Forecast usual = forecast(tiny_shape(), deep, f16, plenty);
  const Forecast small = forecast(tiny_shape(), deep, q4, plenty);
  EXPECT_NEAR(small.turn->turn.expected.value, usual.turn->turn.expected.value, 1e-9);
  EXPECT_GT(small.turn->turn.high, usual.turn->turn.high);
  EXPECT_LT(small.turn->turn.low, usual.turn->turn.low);
  EXPECT_EQ(small.reasons.size(), usual.reasons.size() + 1) << "says that it was not measured";
  EXPECT_LT(small.memory.kv(), usual.memory.kv());
}

TEST(Forecast, AVoiceTurnSpeaksAfterItsFirstSentence) {
  EXPECT_FALSE(forecast_of({}).turn->first_spoken);
  const auto spoken = forecast_of({.voice = true}).turn->first_spoken;
  ASSERT_TRUE(spoken);
  EXPECT_NEAR(spoken->expected.value, 0.5 + 1.28 + 11 * 0.1 + 0.03, 0.01);
  EXPECT_LT(spoken->low, spoken->expected);
  const auto short_reply = forecast_of({.reply_tokens = 2, .voice = true}).turn->first_spoken;
  EXPECT_NEAR(short_reply->expected.value, 0.5 + 1.28 + 0.1 + 0.03, 0.01) << "no longer than the reply";
}

TEST(Forecast, WhatDoesNotFitIsSaidFirst) {
  const Forecast out = forecast_of({}, MemoryBound{Bytes(1000), "cgroup"});
  EXPECT_EQ(out.verdict, Verdict::kDoesNotFit);
  EXPECT_NE(out.reasons.front().find("cgroup"), std::string::npos) << out.reasons.front();
}

TEST(Forecast, WhatIsNeededAndWhatThereIsNeverReadAlike) {
  const std::uint64_t need = memory_need(tiny_shape(), {}, std::nullopt, {}).total().value;
  const auto said_of = [](std::uint64_t limit) {
    return forecast_of({}, MemoryBound{Bytes(limit), "test"}).reasons.front();
  };
  EXPECT_EQ(said_of(need - 1),
            fmt::format("needs {} B of memory, but only {} B (test) may be used", need, need - 1));
  EXPECT_EQ(said_of(need / 2), fmt::format("needs {} of memory, but only {} (test) may be used",
                                           format_bytes(Bytes(need)), format_bytes(Bytes(need / 2))));
}

TEST(Forecast, AContextBeyondTheModelsOwnDoesNotFit) {
  EXPECT_EQ(forecast_of({.context_tokens = 4096}).verdict, Verdict::kDoesNotFit);
}

TEST(Forecast, WithoutTimingsIsUnknownNotZero) {
  const Forecast out = forecast(tiny_shape(), std::nullopt, {}, plenty);
  EXPECT_EQ(out.verdict, Verdict::kUnknown);
  EXPECT_FALSE(out.turn);
  const Json json = forecast_to_json(tiny_shape(), out, {});
  EXPECT_TRUE(json["turn_seconds"].is_null());
  EXPECT_TRUE(json["evidence"].is_null());
  EXPECT_EQ(json["verdict"], "unknown");
}

TEST(Forecast, LowsComeBeforeHighsEverywhere) {
  const Json json = forecast_to_json(tiny_shape(), forecast_of({}), {});
  for (const char* key :
       {"prefill_tokens_per_second", "decode_tokens_per_second", "first_token_seconds", "turn_seconds"}) {
    const double low = json[key]["low"];
    const double expected = json[key]["expected"];
    const double high = json[key]["high"];
    EXPECT_LT(low, expected) << key;
    EXPECT_LT(expected, high) << key;
  }
}

TEST(Forecast, RefusesWorkloadsThatContradictThemselves) {
  const auto kind = [](const Workload& workload) { return check_workload(workload).error().kind; };
  EXPECT_TRUE(check_workload({}));
  EXPECT_EQ(kind({.prompt_tokens = 10, .cached_tokens = 11}), ErrorKind::kUsage);
  EXPECT_EQ(kind({.prompt_tokens = 0, .reply_tokens = 0}), ErrorKind::kUsage);
  EXPECT_EQ(kind({.prompt_tokens = 4000, .context_tokens = 2048}), ErrorKind::kUsage);
  EXPECT_EQ(kind({.prompt_tokens = ~0ULL}), ErrorKind::kUsage);
  EXPECT_EQ(kind({.value_type = GgmlType::kQ8_0, .flash_attention = FlashAttention::kOff}),
            ErrorKind::kUsage);
  EXPECT_TRUE(check_workload({.key_type = GgmlType::kQ8_0, .flash_attention = FlashAttention::kOff}));
  EXPECT_EQ(kind({.sessions = 0}), ErrorKind::kUsage);
  EXPECT_EQ(kind({.sessions = kMostSessions + 1}), ErrorKind::kUsage);
}

}  // namespace
}  // namespace tokcast
