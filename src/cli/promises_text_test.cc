#include "cli/promises_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/ledger_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;
using testing::Not;

const Terminal kPlain{.width = 80};

Account account(std::int64_t id, const std::vector<double>& turns) {
  Account out{.promise = test_promise()};
  out.promise.id = id;
  for (const double turn : turns) out.actuals.push_back(test_actual(id, turn));
  out.outcome = outcome_of(out.promise, out.actuals);
  return out;
}

TEST(PromisesText, SaysHowToBeginWhereNothingWasPromised) {
  EXPECT_THAT(promises_text({}, {}, {}, kPlain), HasSubstr("Nothing was promised yet"));
}

TEST(PromisesText, CountsWhatWasKeptAndHowOftenIntervalsWereRight) {
  const std::vector<Account> all{account(1, {8, 8.5}), account(2, {12, 13}), account(3, {})};
  const std::string text = promises_text(all, {}, {}, kPlain);
  EXPECT_THAT(text, HasSubstr("1 kept, 1 broken, 1 untested. Of 4 turns 50 %"));
  EXPECT_THAT(text, HasSubstr("promise 90 %"));
  EXPECT_THAT(text, HasSubstr("broken"));
  EXPECT_THAT(text, HasSubstr("6.0–9.0"));
  EXPECT_THAT(text, HasSubstr("2/2"));
  EXPECT_THAT(text, Not(HasSubstr("What that changes")));
}

TEST(PromisesText, SaysWhatIsLearned) {
  const std::vector<Account> all{account(1, {8})};
  const std::vector<Lesson> lessons{
      {Evidence::kCalibrated,
       {.prefill = {}, .decode = {.factor = 1.1, .reach = 0.7, .models = 4, .actuals = 9}}},
      {Evidence::kRehearsed, {}}};
  const std::string text = promises_text(all, lessons, {}, kPlain);
  EXPECT_THAT(text, HasSubstr("calibrated: decode 10 % slower, interval 0.700 times as wide; from 4 models"));
  EXPECT_THAT(text, Not(HasSubstr("rehearsed:")));
}

TEST(PromisesText, ShowsWhereTurnsSpendTheirTimeWhateverWasPromised) {
  const std::vector<StageMedians> stages{
      {.kind = ServedKind::kSpokenTurn,
       .by = "evil\x1b[31m",
       .done = 12,
       .stages = {.recognition = Seconds(0.25), .first_audio = Seconds(1.75), .total = Seconds(6.5)}}};
  const std::string text = promises_text({}, {}, stages, kPlain);
  EXPECT_THAT(text, HasSubstr("Nothing was promised yet"));
  EXPECT_THAT(text, HasSubstr("medians in seconds"));
  EXPECT_THAT(text, HasSubstr("spoken-turn"));
  EXPECT_THAT(text, HasSubstr("0.250"));
  EXPECT_THAT(text, HasSubstr("1.75"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  const std::vector<Account> all{account(1, {8})};
  EXPECT_THAT(promises_text(all, {}, stages, kPlain), HasSubstr("spoken-turn"));
}

TEST(PromisesText, ShowsOnePromiseWithItsActualsAndWhatItWasBefore) {
  Account one = account(7, {8});
  one.promise.correction.decode = {.factor = 1.25, .reach = 0.5, .models = 3, .actuals = 3};
  const std::string text = promise_text(one, kPlain);
  EXPECT_THAT(text, HasSubstr("Promise 7: some-model Q4_K_M, kept."));
  EXPECT_THAT(text, HasSubstr("without the past"));
  EXPECT_THAT(text, HasSubstr("inside"));
  EXPECT_THAT(text, HasSubstr("by setup"));
}

TEST(PromisesText, LetsNoLedgerWriteToTheTerminal) {
  Account one = account(1, {8});
  one.promise.model = "evil\x1b[31m";
  one.promise.source = "\x1b]0;title\x07";
  one.actuals[0].site.engine_version = "\x1b[2J";
  one.outcome = outcome_of(one.promise, one.actuals);
  const std::vector<Account> all{one};
  for (const std::string& text :
       {promises_text(all, {}, {}, kPlain), promise_text(one, kPlain), promises_plot(all, false, kPlain)}) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  }
}

TEST(PromisesText, PlotsPromisesAndActuals) {
  const std::vector<Account> all{account(1, {8, 12})};
  const std::string plot = promises_plot(all, false, kPlain);
  EXPECT_THAT(plot, HasSubstr("1 some-model"));
  EXPECT_THAT(plot, HasSubstr("o"));
  EXPECT_THAT(plot, HasSubstr("12.0 s"));
}

}  // namespace
}  // namespace tokcast
