#include "bench/regret_judge.h"

#include <gtest/gtest.h>

#include "model/naming.h"

namespace tokcast {
namespace {

Candidate candidate(const char* name, double seconds, Seconds budget) {
  const Shape shape = find_shape(name).value();
  const auto about = [](double value) { return around(Seconds(value), 0.9, 1.1); };
  const Timings timings{.prefill = {{.tokens = 128, .duration = about(seconds / 2)}},
                        .decode = {{.depth = 0, .duration = about(seconds / 2 / 29)}}};
  Candidate out{
      shape, forecast(shape, timings, {.turn_budget = budget}, MemoryBound{Bytes(64'000'000'000), "test"})};
  out.merit = merit_of(find_catalogue_row(shape.id).value(), shape.quantization, uses().front());
  return out;
}

const std::map<std::string, MeasuredTurn> kTruth{
    {"llama-3.2-1b-instruct Q4_K_M", {Seconds(2), Seconds(2), Seconds(2)}},
    {"llama-3.2-3b-instruct Q4_K_M", {Seconds(6), Seconds(6), Seconds(6)}}};

std::vector<Candidate> both(double large_forecast, Seconds budget) {
  return {candidate("llama-3.2-3b-instruct", large_forecast, budget),
          candidate("llama-3.2-1b-instruct", 2, budget)};
}

TEST(Regret, ThereIsNoneWhereTheBestWasChosen) {
  const auto ranked = both(6, Seconds(10));
  const Regret regret = judge(ranked, kTruth, Seconds(10));
  EXPECT_EQ(regret.chosen, "llama-3.2-3b-instruct Q4_K_M");
  EXPECT_EQ(regret.best, regret.chosen);
  EXPECT_TRUE(regret.chosen_keeps);
  EXPECT_EQ(regret.points_lost, 0);
}

TEST(Regret, CautionCostsQualityAndSaysWhy) {
  const auto ranked = both(6.6, Seconds(7));  // at risk, and in truth it keeps it
  const Regret regret = judge(ranked, kTruth, Seconds(7));
  EXPECT_EQ(regret.chosen, "llama-3.2-1b-instruct Q4_K_M");
  EXPECT_EQ(regret.best, "llama-3.2-3b-instruct Q4_K_M");
  EXPECT_EQ(regret.points_lost, 1110 - 1057);
  EXPECT_NE(regret.why.find("at-risk"), std::string::npos) << regret.why;
}

TEST(Regret, APromiseThatIsBrokenIsToldSo) {
  const auto ranked = both(4, Seconds(5));  // the forecast is wrong
  const Regret regret = judge(ranked, kTruth, Seconds(5));
  EXPECT_FALSE(regret.chosen_keeps);
  EXPECT_NE(regret_report(std::span(&regret, 1), ranked, kTruth).find("| NO |"), std::string::npos);
}

TEST(Regret, WhereNothingKeepsNothingIsLost) {
  const auto ranked = both(6, Seconds(1));
  const Regret regret = judge(ranked, kTruth, Seconds(1));
  EXPECT_FALSE(regret.chosen);
  EXPECT_FALSE(regret.best);
  EXPECT_EQ(regret.points_lost, 0);
}

}  // namespace
}  // namespace tokcast
