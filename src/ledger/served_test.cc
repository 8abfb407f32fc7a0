#include "ledger/served.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

#include "engine/fake_engine_test_util.h"
#include "ledger/ledger.h"
#include "ledger/ledger_test_util.h"
#include "ledger/served_rows.h"

namespace tokcast {
namespace {

Served spoken_turn(double first_audio, const std::string& by = "some-model") {
  return {.unix_time = 1'700'000'000,
          .kind = ServedKind::kSpokenTurn,
          .by = by,
          .outcome = "done",
          .site = test_site(),
          .stages = {.recognition = Seconds(0.3),
                     .queue = Seconds(0),
                     .first_token = Seconds(0.4),
                     .reply = Seconds(2),
                     .synthesis = Seconds(0.1),
                     .first_audio = Seconds(first_audio),
                     .total = Seconds(4)},
          .prompt_tokens = 20,
          .reply_tokens = 30,
          .sound = Seconds(1.5)};
}

class ServedLedger : public testing::Test {
 protected:
  Ledger opened() {
    auto ledger = Ledger::open(path_);
    EXPECT_TRUE(ledger) << describe(ledger.error());
    return std::move(*ledger);
  }
  // As another program would.
  void meddle(const std::string& sql) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(other, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(other);
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "ledger.db";
};

TEST(StageMedians, AreOfEachKindAndOfWhateverServed) {
  Served failed = spoken_turn(9);
  failed.outcome = "deadline";
  Served heard{.kind = ServedKind::kTranscription, .by = "ears", .outcome = "done"};
  const std::vector<Served> all{spoken_turn(1), spoken_turn(2), failed,
                                spoken_turn(5), heard,          spoken_turn(7, "other")};
  const auto medians = stage_medians(all);
  ASSERT_EQ(medians.size(), 3U);
  EXPECT_EQ(medians[0].by, "some-model");
  EXPECT_EQ(medians[0].done, 3U);
  EXPECT_EQ(medians[0].others, 1U);
  EXPECT_EQ(medians[0].stages.first_audio, Seconds(2));
  EXPECT_EQ(medians[0].stages.queue, Seconds(0));
  EXPECT_EQ(medians[0].reply_tokens, 30.0);
  EXPECT_EQ(medians[1].kind, ServedKind::kTranscription);
  EXPECT_EQ(medians[2].by, "other");
}

TEST(StageMedians, OfWhatNeverHappenedAreUnknownNotZero) {
  Served failed = spoken_turn(9);
  failed.outcome = "cancelled";
  const auto medians = stage_medians(std::vector{failed});
  ASSERT_EQ(medians.size(), 1U);
  EXPECT_EQ(medians[0].done, 0U);
  EXPECT_FALSE(medians[0].stages.first_audio || medians[0].stages.total || medians[0].prompt_tokens);
  EXPECT_TRUE(stage_medians({}).empty());
}

TEST_F(ServedLedger, GivesBackWhatWasServedWithAllItsStages) {
  const auto id = opened().add(spoken_turn(1.25));
  ASSERT_TRUE(id) << describe(id.error());
  const auto found = opened().served();
  ASSERT_TRUE(found) << describe(found.error());
  ASSERT_EQ(found->size(), 1U);
  const Served& back = found->front();
  EXPECT_EQ(back.id, *id);
  EXPECT_EQ(back.unix_time, 1'700'000'000);
  EXPECT_EQ(back.kind, ServedKind::kSpokenTurn);
  EXPECT_EQ(back.by, "some-model");
  EXPECT_EQ(back.outcome, "done");
  EXPECT_EQ(back.site, test_site());
  EXPECT_EQ(back.stages.recognition, Seconds(0.3));
  EXPECT_EQ(back.stages.queue, Seconds(0));
  EXPECT_EQ(back.stages.first_token, Seconds(0.4));
  EXPECT_EQ(back.stages.reply, Seconds(2));
  EXPECT_EQ(back.stages.synthesis, Seconds(0.1));
  EXPECT_EQ(back.stages.first_audio, Seconds(1.25));
  EXPECT_EQ(back.stages.total, Seconds(4));
  EXPECT_EQ(back.prompt_tokens, 20U);
  EXPECT_EQ(back.reply_tokens, 30U);
  EXPECT_EQ(back.sound, Seconds(1.5));
  EXPECT_FALSE(back.actual_id);
}

TEST_F(ServedLedger, KeepsTheEnginesPartWithItOrNeither) {
  Ledger ledger = opened();
  const auto promise = ledger.accept(test_promise());
  ASSERT_TRUE(ledger.add(spoken_turn(1), test_actual(*promise)));
  EXPECT_EQ(ledger.served()->front().actual_id, ledger.actuals(*promise)->front().id);
  EXPECT_FALSE(ledger.add(spoken_turn(1), test_actual(99)));
  EXPECT_FALSE(ledger.add(spoken_turn(-1), test_actual(*promise)));
  EXPECT_EQ(ledger.served()->size(), 1U);
  EXPECT_EQ(ledger.actuals(*promise)->size(), 1U);
}

TEST_F(ServedLedger, ListsTheNewestFirstAndFilters) {
  Ledger ledger = opened();
  for (const char* by : {"first", "second", "Second"}) ASSERT_TRUE(ledger.add(spoken_turn(1, by)));
  EXPECT_EQ(ledger.served()->front().by, "Second");
  EXPECT_EQ(ledger.served({.by = "SECOND"})->size(), 2U);
  EXPECT_EQ(ledger.served({.hardware_identity = "other"})->size(), 0U);
  EXPECT_EQ(ledger.served({.hardware_identity = test_site().hardware_identity, .most = 1})->size(), 1U);
}

TEST_F(ServedLedger, ForgetsTheOldestSoThatNobodyFillsTheDisk) {
  ASSERT_TRUE(opened().add(spoken_turn(1)));
  meddle("UPDATE sqlite_sequence SET seq = " + std::to_string(kMostServed - 1) + " WHERE name = 'served'");
  ASSERT_TRUE(opened().add(spoken_turn(2)));
  EXPECT_EQ(opened().served()->size(), 2U);
  ASSERT_TRUE(opened().add(spoken_turn(3)));
  const auto left = opened().served();
  ASSERT_EQ(left->size(), 2U);
  EXPECT_EQ(left->back().stages.first_audio, Seconds(2));
}

TEST_F(ServedLedger, RefusesRowsThatMakeNoSense) {
  for (const char* change : {"kind = 'song'", "kind = ''", "served_by = CAST(zeroblob(3000000) AS TEXT)"}) {
    std::filesystem::remove(path_);
    ASSERT_TRUE(opened().add(spoken_turn(1)));
    meddle(std::string("PRAGMA ignore_check_constraints = ON; UPDATE served SET ") + change);
    const auto ledger = Ledger::open(path_);
    if (!ledger) continue;  // the check at opening may find it first
    EXPECT_FALSE(ledger->served()) << change;
  }
}

}  // namespace
}  // namespace tokcast
