#include "ledger/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/ledger_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;

// Turns of the promised tokens: 6 to 9 s promised, 8 expected, 10 allowed.
std::vector<Actual> turns(const std::vector<double>& seconds) {
  std::vector<Actual> out;
  for (const double turn : seconds) out.push_back(test_actual(1, turn));
  return out;
}

TEST(Outcome, IsUntestedWithoutAnActual) {
  const Outcome outcome = outcome_of(test_promise(), {});
  EXPECT_EQ(outcome.standing, Standing::kUntested);
  EXPECT_FALSE(outcome.median_turn);
  EXPECT_FALSE(outcome.bias);
}

TEST(Outcome, IsKeptWhileTheMedianIsBelowTheHighEndAndTheBudget) {
  const Outcome outcome = outcome_of(test_promise(), turns({7, 8.5, 12}));
  EXPECT_EQ(outcome.standing, Standing::kKept);
  EXPECT_EQ(outcome.compared, 3U);
  EXPECT_EQ(outcome.inside, 2U);
  EXPECT_EQ(outcome.last_turn, Seconds(12));
  EXPECT_EQ(outcome.median_turn, Seconds(8.5));
  EXPECT_NEAR(*outcome.bias, 8.5 / 8 - 1, 1e-9);
}

TEST(Outcome, IsKeptByTurnsQuickerThanPromisedThoughTheyAreNotInside) {
  const Outcome outcome = outcome_of(test_promise(), turns({3, 4, 5}));
  EXPECT_EQ(outcome.standing, Standing::kKept);
  EXPECT_EQ(outcome.inside, 0U);
}

TEST(Outcome, IsBrokenAboveTheHighEndEvenWithinTheBudget) {
  const Outcome outcome = outcome_of(test_promise(), turns({9.5, 9.6, 9.7}));
  EXPECT_EQ(outcome.standing, Standing::kBroken);
  EXPECT_THAT(outcome.reason, HasSubstr("longer than the most that was promised"));
}

TEST(Outcome, IsBrokenBeyondTheBudgetEvenWithinTheInterval) {
  Promise promise = test_promise();
  promise.workload.turn_budget = Seconds(8);
  const Outcome outcome = outcome_of(promise, turns({8.5}));
  EXPECT_EQ(outcome.standing, Standing::kBroken);
  EXPECT_THAT(outcome.reason, HasSubstr("more than the 8"));
}

TEST(Outcome, IsBrokenByALateFirstToken) {
  Promise promise = test_promise();
  promise.workload.first_token_budget = Seconds(3);
  EXPECT_EQ(outcome_of(promise, turns({8})).standing, Standing::kBroken);  // its first token took 4.1 s
}

TEST(Outcome, IsThatOfTheBudgetAloneWhereNothingWasForecast) {
  Promise promise = test_promise();
  promise.times = {};
  EXPECT_EQ(outcome_of(promise, turns({9})).standing, Standing::kKept);
  const Outcome broken = outcome_of(promise, turns({11}));
  EXPECT_EQ(broken.standing, Standing::kBroken);
  EXPECT_EQ(broken.compared, 0U);
  promise.workload.turn_budget.reset();
  EXPECT_EQ(outcome_of(promise, turns({11})).standing, Standing::kUntested);
}

TEST(Outcome, JudgesTheLastTurnsOnly) {
  std::vector<double> seconds(30, 15.0);
  seconds.insert(seconds.end(), 20, 8.0);
  EXPECT_EQ(outcome_of(test_promise(), turns(seconds)).standing, Standing::kKept);
}

TEST(Outcome, ComparesOtherTurnsOnlyWithAForecastOfTheirOwn) {
  std::vector<Actual> all = turns({20, 20});
  for (Actual& actual : all) actual.prompt_tokens = 1000;
  EXPECT_EQ(outcome_of(test_promise(), all).standing, Standing::kUntested);
  for (Actual& actual : all) actual.forecast.turn = seconds_between(15, 19, 21);
  const Outcome outcome = outcome_of(test_promise(), all);
  // Nor is the budget meant for them.
  EXPECT_EQ(outcome.standing, Standing::kKept);
  EXPECT_EQ(outcome.inside, 2U);
}

TEST(Outcome, DoesNotCompareTurnsThatRanBesideOthers) {
  std::vector<Actual> all = turns({20});
  all[0].concurrency = 4;
  EXPECT_EQ(outcome_of(test_promise(), all).compared, 0U);
}

TEST(Outcome, NamesWhatChangedAndByHowMuch) {
  std::vector<Actual> all = turns({8, 8, 8, 10, 10});
  for (std::size_t i = 3; i < 5; ++i) {
    all[i].site.engine_identity = "engine-2";
    all[i].site.engine_version = "0.8.0";
  }
  const auto drifts = outcome_of(test_promise(), all).drifts;
  ASSERT_EQ(drifts.size(), 1U);
  EXPECT_NEAR(drifts[0].share, 0.25, 1e-9);
  EXPECT_EQ(drifts[0].before, 3U);
  EXPECT_EQ(drifts[0].after, 2U);
  EXPECT_EQ(drifts[0].since, "the engine changed from 0.7.0 (build 1) to 0.8.0");
}

TEST(Outcome, NamesANewKernel) {
  std::vector<Actual> all = turns({8, 8, 9, 9});
  for (std::size_t i = 2; i < 4; ++i) all[i].site.kernel = "6.2";
  EXPECT_EQ(outcome_of(test_promise(), all).drifts.at(0).since, "the kernel changed from 6.1 to 6.2");
}

TEST(Outcome, SeesTurnsThatBecomeSlowerByThemselves) {
  const auto drifts = outcome_of(test_promise(), turns({8, 8, 8, 8, 8, 9, 9, 9, 9, 9})).drifts;
  ASSERT_EQ(drifts.size(), 1U);
  EXPECT_NEAR(drifts[0].share, 0.125, 1e-9);
  EXPECT_TRUE(outcome_of(test_promise(), turns({8, 8, 8, 9, 9, 9})).drifts.empty());  // too few to say
}

TEST(Outcome, TakesNoChangeFromProgramsWhoseEngineIsNotKnown) {
  std::vector<Actual> all = turns({8, 8, 9, 9});
  for (std::size_t i = 2; i < 4; ++i) all[i].site.engine_identity.clear();
  EXPECT_TRUE(outcome_of(test_promise(), all).drifts.empty());
}

}  // namespace
}  // namespace tokcast
