#include "ledger/ledger.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/fake_engine_test_util.h"
#include "ledger/database.h"
#include "ledger/ledger_test_util.h"
#include "ledger/tables.h"

namespace tokcast {
namespace {

class LedgerFile : public testing::Test {
 protected:
  Ledger opened() {
    auto ledger = Ledger::open(path_);
    EXPECT_TRUE(ledger) << describe(ledger.error());
    return std::move(*ledger);
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "state/ledger.db";
};

TEST_F(LedgerFile, IsNotThereBeforeItIsWritten) {
  const auto ledger = Ledger::open_existing(path_);
  ASSERT_TRUE(ledger);
  EXPECT_FALSE(*ledger);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(LedgerFile, GivesBackAPromiseAsItWasAccepted) {
  Promise promise = test_promise();
  promise.correction = {.prefill = {0.9, 0.8, 3, 5}, .decode = {1.1, 1.2, 4, 6}};
  promise.workload.first_token_budget = Seconds(5);
  const auto id = opened().accept(promise);
  ASSERT_TRUE(id) << describe(id.error());
  const auto found = opened().promise(*id);
  ASSERT_TRUE(found) << describe(found.error());
  EXPECT_EQ(found->model, promise.model);
  EXPECT_EQ(found->quantization, promise.quantization);
  EXPECT_EQ(found->shape_key, promise.shape_key);
  EXPECT_EQ(found->file_sha256, promise.file_sha256);
  EXPECT_EQ(found->file_bytes, promise.file_bytes);
  EXPECT_EQ(found->accepted_by, AcceptedBy::kSetup);
  EXPECT_EQ(found->unix_time, promise.unix_time);
  EXPECT_EQ(found->site, promise.site);
  EXPECT_EQ(found->threads, 2U);
  EXPECT_EQ(found->workload.prompt_tokens, promise.workload.prompt_tokens);
  EXPECT_EQ(found->workload.turn_budget, promise.workload.turn_budget);
  EXPECT_EQ(found->workload.first_token_budget, Seconds(5));
  EXPECT_EQ(found->evidence, Evidence::kRehearsed);
  EXPECT_EQ(found->source, promise.source);
  EXPECT_EQ(found->verdict, Verdict::kKeeps);
  EXPECT_EQ(found->correction, promise.correction);
  EXPECT_EQ(found->times.turn->high, Seconds(9));
  EXPECT_EQ(found->times.prefill->low, TokensPerSecond(28));
  EXPECT_EQ(found->times.cold_load->expected, Seconds(8));
}

TEST_F(LedgerFile, KeepsUnknownAsUnknown) {
  Promise promise{.model = "m"};
  promise.workload.turn_budget.reset();
  Ledger ledger = opened();
  const auto id = ledger.accept(promise);
  ASSERT_TRUE(id) << describe(id.error());
  const auto found = ledger.promise(*id);
  ASSERT_TRUE(found);
  EXPECT_GT(found->unix_time, 1'600'000'000);  // now
  EXPECT_FALSE(found->file_sha256);
  EXPECT_FALSE(found->file_bytes);
  EXPECT_FALSE(found->times.turn);
  EXPECT_FALSE(found->workload.turn_budget);
  ASSERT_TRUE(ledger.add({.promise_id = *id}));
  const auto actuals = ledger.actuals(*id);
  ASSERT_TRUE(actuals);
  EXPECT_FALSE(actuals->at(0).turn);
  EXPECT_FALSE(actuals->at(0).prompt_tokens);
  EXPECT_FALSE(actuals->at(0).contention.cpu_pressure_share);
}

TEST_F(LedgerFile, GivesBackAnActualWithItsRawSamples) {
  Ledger ledger = opened();
  const auto promise = ledger.accept(test_promise());
  Actual actual = test_actual(*promise);
  actual.prompt_tokens = 200;
  actual.forecast.turn = seconds_between(7, 9, 11);
  const auto id = ledger.add(actual);
  ASSERT_TRUE(id) << describe(id.error());
  const auto found = ledger.actuals(*promise, true);
  ASSERT_TRUE(found) << describe(found.error());
  ASSERT_EQ(found->size(), 1U);
  const Actual& back = found->front();
  EXPECT_EQ(back.id, *id);
  EXPECT_EQ(back.kind, ActualKind::kBench);
  EXPECT_EQ(back.turn, actual.turn);
  EXPECT_EQ(back.decode, actual.decode);
  EXPECT_EQ(back.prompt_tokens, 200U);
  EXPECT_EQ(back.forecast.turn->high, Seconds(11));
  EXPECT_EQ(back.contention.cpu_pressure_share, 0.01);
  ASSERT_EQ(back.samples.size(), 2U);
  EXPECT_EQ(back.samples[0].test.prompt, 128U);
  EXPECT_EQ(back.samples[0].samples, actual.samples[0].samples);
  EXPECT_EQ(back.samples[1].test.generate, 29U);
  EXPECT_EQ(back.load_samples, actual.load_samples);
  EXPECT_EQ(back.cold_load_samples, actual.cold_load_samples);
  EXPECT_EQ(back.compute_bytes, actual.compute_bytes);
}

TEST_F(LedgerFile, ListsTheNewestPromiseFirstAndFilters) {
  Ledger ledger = opened();
  for (const char* model : {"first", "second", "Second"}) ASSERT_TRUE(ledger.accept(test_promise(model)));
  EXPECT_EQ(ledger.promises()->front().model, "Second");
  EXPECT_EQ(ledger.promises({.model = "SECOND"})->size(), 2U);
  EXPECT_EQ(ledger.promises({.shape_key = "shape of first"})->size(), 1U);
  EXPECT_EQ(ledger.promises({.hardware_identity = "other"})->size(), 0U);
  EXPECT_EQ(ledger.promises({.most = 1})->size(), 1U);
}

TEST_F(LedgerFile, RefusesAnActualWithoutItsPromise) {
  const auto added = opened().add(test_actual(7));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind, ErrorKind::kNotFound);
}

TEST_F(LedgerFile, RefusesImpossibleValuesAndKeepsNothingOfThem) {
  Ledger ledger = opened();
  Promise upside_down = test_promise();
  upside_down.times.turn = seconds_between(9, 8, 7);
  const auto accepted = ledger.accept(upside_down);
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().kind, ErrorKind::kUsage);
  EXPECT_TRUE(ledger.promises()->empty());
  const auto id = ledger.accept(test_promise());
  Actual negative = test_actual(*id);
  negative.turn = Seconds(-1);
  EXPECT_FALSE(ledger.add(negative));
  Actual not_a_number = test_actual(*id);
  not_a_number.samples.push_back({{.generate = 1}, {Seconds(std::nan(""))}});
  EXPECT_FALSE(ledger.add(not_a_number));
  EXPECT_TRUE(ledger.actuals(*id)->empty());
}

TEST_F(LedgerFile, FindsTheNewestBenchOfTheSameFileMachineEngineAndThreads) {
  Ledger ledger = opened();
  const auto id = ledger.accept(test_promise("m"));
  ASSERT_TRUE(ledger.add(test_actual(*id, 8)));
  ASSERT_TRUE(ledger.add(test_actual(*id, 7)));
  ASSERT_TRUE(ledger.add({.promise_id = *id, .kind = ActualKind::kTurn, .site = test_site(), .threads = 2}));
  const auto found = ledger.newest_bench("shape of m", "machine", "engine-1", 2);
  ASSERT_TRUE(found) << describe(found.error());
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->turn, Seconds(7));
  EXPECT_FALSE((*found)->samples.empty());
  EXPECT_FALSE(*ledger.newest_bench("shape of m", "machine", "engine-2", 2));
  EXPECT_FALSE(*ledger.newest_bench("shape of m", "machine", "engine-1", 4));
  EXPECT_FALSE(*ledger.newest_bench("another", "machine", "engine-1", 2));
}

TEST_F(LedgerFile, TellsHowFarForecastsWereOff) {
  Ledger ledger = opened();
  const auto id = ledger.accept(test_promise("m"));
  ASSERT_TRUE(ledger.add(test_actual(*id)));
  const auto residuals = ledger.residuals("machine", "engine-1", 2);
  ASSERT_TRUE(residuals) << describe(residuals.error());
  ASSERT_EQ(residuals->size(), 2U);
  EXPECT_EQ(residuals->at(0).phase, Phase::kPrefill);
  EXPECT_NEAR(residuals->at(0).log_ratio, std::log(32.0 / 31), 1e-9);
  EXPECT_NEAR(residuals->at(1).log_ratio, std::log(6 / 6.1), 1e-9);
  EXPECT_NEAR(residuals->at(1).deviation, std::log(6.6 / 5.5) / 2 / 1.645, 1e-9);
  EXPECT_EQ(residuals->at(1).model, "shape of m");
  EXPECT_EQ(residuals->at(1).evidence, Evidence::kRehearsed);
}

TEST_F(LedgerFile, TakesWhatExperienceHadChangedOutOfAResidual) {
  Promise promise = test_promise("m");
  promise.correction.decode = {.factor = 1.25, .reach = 0.5, .models = 3, .actuals = 3};
  Ledger ledger = opened();
  const auto id = ledger.accept(promise);
  ASSERT_TRUE(ledger.add(test_actual(*id)));
  const auto residuals = ledger.residuals("machine", "engine-1", 2);
  ASSERT_EQ(residuals->size(), 2U);
  EXPECT_NEAR(residuals->at(1).log_ratio, std::log(6 / 6.1 * 1.25), 1e-9);
  EXPECT_NEAR(residuals->at(1).deviation, std::log(6.6 / 5.5) / 1.645, 1e-9);
}

TEST_F(LedgerFile, ComparesNothingThatIsNotComparable) {
  Ledger ledger = opened();
  const auto id = ledger.accept(test_promise("m"));
  const auto with = [&](auto change) {
    Actual actual = test_actual(*id);
    change(actual);
    EXPECT_TRUE(ledger.add(actual));
  };
  with([](Actual& a) { a.concurrency = 2; });
  with([](Actual& a) { a.contention.cpu_pressure_share = 0.9; });
  with([](Actual& a) { a.site.engine_identity = "engine-2"; });
  with([](Actual& a) { a.site.machine_identity = "after a new kernel"; });
  with([](Actual& a) { a.prompt_tokens = 1000; });
  with([](Actual& a) { a.threads = 1; });
  EXPECT_TRUE(ledger.residuals("machine", "engine-1", 2)->empty());
  // Of other tokens, but with a forecast of its own.
  with([](Actual& a) {
    a.prompt_tokens = 1000;
    a.forecast.decode = rates_between(5, 6.1, 7);
  });
  const auto residuals = ledger.residuals("machine", "engine-1", 2);
  ASSERT_EQ(residuals->size(), 1U);
  EXPECT_NEAR(residuals->front().log_ratio, 0, 1e-9);
}

}  // namespace
}  // namespace tokcast
