#include "cli/bench_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/ledger_test_util.h"
#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;

MeasuredTurn turn_of(double fastest, double median, double slowest) {
  return {.first_token = seconds_between(3.9, 4, 4.2),
          .turn = seconds_between(fastest, median, slowest),
          .decode = rates_between(5, 5.2, 5.4),
          .turns = 3};
}

TEST(BenchVerdict, KeepsBreaksOrIsAtRiskByTheMedianAndTheSlowest) {
  EXPECT_EQ(verdict_of(turn_of(8, 8.5, 9), {}), Verdict::kKeeps);
  EXPECT_EQ(verdict_of(turn_of(8, 9, 11), {}), Verdict::kAtRisk);
  EXPECT_EQ(verdict_of(turn_of(9, 11, 12), {}), Verdict::kBreaks);
  EXPECT_EQ(verdict_of({}, {}), Verdict::kUnknown);
}

TEST(BenchVerdict, CountsTheFirstTokenToo) {
  Workload hurried;
  hurried.first_token_budget = Seconds(3);
  EXPECT_EQ(verdict_of(turn_of(8, 8.5, 9), hurried), Verdict::kBreaks);
}

TEST(BenchText, HoldsWhatWasMeasuredAgainstWhatWasPromised) {
  const Shape shape = tiny_shape();
  BenchReport report{
      .shape = shape, .promise = test_promise(), .turn = turn_of(8, 8.5, 9), .verdict = Verdict::kKeeps};
  report.promise.id = 5;
  report.measurement.not_cold = "100 % of the file stayed in memory";
  report.actual = test_actual(5);
  const std::string text = bench_text(report, {.width = 80});
  EXPECT_THAT(text,
              HasSubstr("tiny Q8_0 keeps its budget: a 30-token reply to a 128-token prompt takes 8.50 s"));
  EXPECT_THAT(text, HasSubstr("as promised"));
  EXPECT_THAT(text, HasSubstr("worse"));  // decode: 5.2 of the 5.5 promised
  EXPECT_THAT(text, HasSubstr("not measured: 100 % of the file stayed in memory"));
  EXPECT_THAT(text, HasSubstr("5, accepted by setup"));
  EXPECT_THAT(text, HasSubstr("waited for a processor 1 % of the time"));
}

}  // namespace
}  // namespace tokcast
