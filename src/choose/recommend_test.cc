#include "choose/recommend.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/fake_engine_test_util.h"
#include "machine/contention.h"
#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

// Three models of 4, 8 and 16 layers on a fake engine whose speed is known.
class Recommend : public testing::Test {
 protected:
  static Shape model(const char* id, std::uint32_t layers) {
    CatalogueRow row = tiny_row();
    row.id = id;
    row.layers = layers;
    return *shape_from_header(*expand(row, "Q8_0"), id);
  }

  Result<Recommendation> run(const FakeEngine& fake, RecommendOptions options) {
    write_fake_engine(folder_.path(), fake);
    engine_ = {.directory = folder_.path(), .version = "fake", .identity = "fake"};
    options.threads = 1;
    options.memory = MemoryBound{Bytes(8 * kGibi.value), "a test"};
    return recommend({model("large", 16), model("small", 4), model("middle", 8)}, engine_, read_machine(),
                     RehearsalStore(folder_ / "store"), options);
  }

  static const Candidate& named(const Recommendation& recommendation, std::string_view id) {
    return *std::ranges::find(recommendation.ranked, id, [](const Candidate& c) { return c.shape.id; });
  }

  TemporaryDirectory folder_;
  Engine engine_;
};

TEST_F(Recommend, PutsTheLargestModelThatKeepsTheBudgetFirst) {
  const auto out = run({}, {});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->ranked.front().shape.id, "large");
  EXPECT_EQ(out->ranked.front().forecast.verdict, Verdict::kKeeps);
  EXPECT_EQ(out->rehearsed, 3U);
  EXPECT_EQ(out->not_reached, 0U);
}

TEST_F(Recommend, RehearsesTheCheapestFirstAndScalesTheRestFromIt) {
  // Processes of a third of a second: the effort ends after the first model.
  const auto out = run({.misbehave = "sleep 0.3"}, {.effort = Seconds(0.5), .allowance_each = Seconds(0.1)});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->rehearsed, 1U);
  EXPECT_EQ(out->not_reached, 2U);
  EXPECT_EQ(named(*out, "small").forecast.turn->evidence, Evidence::kRehearsed);
  const auto& scaled = *named(*out, "large").forecast.turn;
  EXPECT_EQ(scaled.evidence, Evidence::kEstimated);
  EXPECT_NE(scaled.source.find("small"), std::string::npos);
}

TEST_F(Recommend, StoredRehearsalsCostNothing) {
  ASSERT_TRUE(run({}, {}));
  const auto again = run({.misbehave = "exit 1"}, {.effort = Seconds(0)});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->rehearsed, 3U);
}

TEST_F(Recommend, DoesNotRehearseWhatItsKinSaysWillBreak) {
  const FakeEngine slow{.speed = {.decode_ns_per_byte = 100}};
  const auto out = run(slow, {});
  ASSERT_TRUE(out);
  EXPECT_EQ(named(*out, "small").forecast.verdict, Verdict::kBreaks);
  EXPECT_EQ(named(*out, "large").forecast.verdict, Verdict::kBreaks);
  EXPECT_EQ(named(*out, "large").forecast.turn->evidence, Evidence::kEstimated);
  EXPECT_EQ(out->ranked.front().shape.id, "small") << "of what breaks, the quickest first";
}

TEST_F(Recommend, AnEngineThatFailsIsAProblemOfTheCandidate) {
  const auto out = run({.misbehave = "exit 1"}, {});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->rehearsed, 0U);
  for (const Candidate& candidate : out->ranked) {
    EXPECT_TRUE(candidate.problem);
    EXPECT_EQ(candidate.forecast.verdict, Verdict::kUnknown);
  }
}

// The environment that rehearsals read, as it was afterwards.
class OthersTake {
 public:
  explicit OthersTake(const char* share) { setenv("TOKCAST_OTHERS_SHARE", share, 1); }
  ~OthersTake() { setenv("TOKCAST_OTHERS_SHARE", "0", 1); }
  OthersTake(const OthersTake&) = delete;
  OthersTake& operator=(const OthersTake&) = delete;
};

TEST_F(Recommend, CountsWhatWasBenchedAsMeasuredAndNotAsRehearsed) {
  const auto benched = [](const Shape& shape) -> std::optional<Timings> {
    if (shape.id != "middle") return std::nullopt;
    return Timings{.evidence = Evidence::kMeasured,
                   .source = "measured on this file",
                   .prefill = {{.tokens = 128, .depth = 0, .duration = around(Seconds(0.01), 0.9, 1.1)}},
                   .decode = {{.depth = 0, .duration = around(Seconds(0.001), 0.9, 1.1)}}};
  };
  const auto out = run({}, {.measured = benched});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->measured, 1U);
  EXPECT_EQ(out->rehearsed, 2U);
  const auto only = run({}, {.measured = benched, .only = Evidence::kMeasured});
  ASSERT_TRUE(only);
  EXPECT_EQ(only->measured, 1U);
  EXPECT_EQ(only->rehearsed, 0U) << "no other rung was asked for";
  EXPECT_EQ(only->ranked.front().shape.id, "middle");
}

TEST_F(Recommend, PromisesNothingWhileOthersHaveTheProcessorsAndDoesNotGoOnTrying) {
  ASSERT_TRUE(read_contention().cpus) << "this kernel does not tell";
  const OthersTake most("1");
  const auto out = run({}, {});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->rehearsed, 0U);
  EXPECT_EQ(out->not_reached, 2U);
  for (const Candidate& candidate : out->ranked) {
    EXPECT_EQ(candidate.forecast.verdict, Verdict::kUnknown) << candidate.shape.id;
  }
  EXPECT_TRUE(named(*out, "small").forecast.turn->too_busy());
  EXPECT_NE(named(*out, "small").forecast.reasons.front().find("100 %"), std::string::npos);
}

TEST_F(Recommend, RehearsesAnewWhatWasRehearsedOnABusyMachine) {
  ASSERT_TRUE(read_contention().cpus) << "this kernel does not tell";
  {
    const OthersTake most("1");
    ASSERT_TRUE(run({}, {}));
  }
  const auto out = run({}, {});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->rehearsed, 3U);
  EXPECT_EQ(out->ranked.front().forecast.verdict, Verdict::kKeeps);
}

TEST_F(Recommend, ABusyRehearsalDoesNotReplaceAQuieterBusyOne) {
  ASSERT_TRUE(read_contention().cpus) << "this kernel does not tell";
  write_fake_engine(folder_.path());
  engine_ = {.directory = folder_.path(), .version = "fake", .identity = "fake"};
  const Machine machine = read_machine();
  const RehearsalStore store(folder_ / "busy");
  const auto rehearsed = [&](const char* share) {
    const OthersTake some(share);
    return rehearsal_of(model("small", 4), engine_, machine, store,
                        {.threads = *read_contention().cpus, .allowance = Seconds(0.1)}, false);
  };
  ASSERT_TRUE(rehearsed("0.4"));
  EXPECT_NEAR(*rehearsed("0.7")->contention.others_share, 0.4, 1e-12);
  EXPECT_NEAR(*rehearsed("0.2")->contention.others_share, 0.2, 1e-12);
  EXPECT_NEAR(*rehearsed("0")->contention.others_share, 0, 1e-12);
  EXPECT_NEAR(*rehearsed("0.9")->contention.others_share, 0, 1e-12) << "a quiet one is kept";
}

KernelRates quick_rates() {
  KernelRates rates{.evidence = Evidence::kCalibrated, .threads = 1, .head_rest = HeadRest{}};
  for (const GgmlType type : {GgmlType::kQ8_0, GgmlType::kF16})
    rates.types[type] = {{1, 1e-12}, {128, 1e-11}};
  return rates;
}

TEST_F(Recommend, ARungThatIsForcedIsTheOnlyOne) {
  const RecommendOptions calibrated{.ladder = {.calibrated = quick_rates()}, .only = Evidence::kCalibrated};
  const auto out = run({.misbehave = "exit 1"}, calibrated);
  ASSERT_TRUE(out);
  for (const Candidate& candidate : out->ranked) {
    EXPECT_EQ(candidate.forecast.turn->evidence, Evidence::kCalibrated);
    EXPECT_FALSE(candidate.problem) << "nothing is rehearsed";
  }
  EXPECT_EQ(out->not_reached, 0U);
  EXPECT_TRUE(out->skipped.empty());
  const auto rehearsed = run({}, {.ladder = {.calibrated = quick_rates()}, .only = Evidence::kRehearsed});
  ASSERT_TRUE(rehearsed);
  EXPECT_EQ(rehearsed->rehearsed, 3U);
}

TEST_F(Recommend, WithRehearsalsForcedWhatWasNotReachedIsNotKnown) {
  const auto out = run({.misbehave = "sleep 0.3"}, {.ladder = {.calibrated = quick_rates()},
                                                    .only = Evidence::kRehearsed,
                                                    .effort = Seconds(0.5),
                                                    .allowance_each = Seconds(0.1)});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->rehearsed, 1U);
  EXPECT_EQ(named(*out, "large").forecast.verdict, Verdict::kUnknown);
}

TEST_F(Recommend, SaysWhatItSkippedAndWhy) {
  const auto settled = run({}, {.ladder = {.calibrated = quick_rates()}});
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->rehearsed, 1U) << "the leader alone: calibration settles the others";
  ASSERT_EQ(settled->skipped.size(), 2U);
  EXPECT_NE(settled->skipped.front().why.find("settled as calibrated"), std::string::npos)
      << settled->skipped.front().why;

  const auto hurried =
      run({.misbehave = "sleep 0.3"}, {.effort = Seconds(0), .allowance_each = Seconds(0.1)});
  ASSERT_TRUE(hurried);
  EXPECT_EQ(hurried->skipped.size(), 2U) << "the stored one is no news";
  EXPECT_EQ(hurried->skipped.front().why, "not reached within the effort");
}

TEST_F(Recommend, RefusesAnEmptyList) {
  const auto out = recommend({}, engine_, read_machine(), RehearsalStore(folder_.path()), {});
  EXPECT_EQ(out.error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace tokcast
