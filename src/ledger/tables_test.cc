#include "ledger/tables.h"

#include <gtest/gtest.h>

#include "engine/fake_engine_test_util.h"
#include "ledger/ledger.h"

namespace tokcast {
namespace {

// Rows as version 1 wrote them. Never changed: ledgers with them exist.
constexpr const char* kRowsOfVersion1 = R"(
INSERT INTO site VALUES (1, 'machine', 'hardware', 'A Processor', '6.1', 'engine-1', '0.7.0');
INSERT INTO promise VALUES (1, 1700000000, 'setup', 'old-model', 'Q4_K_M', 'shape', NULL, 2000, 1, 2, 128, 0, 30,
  0, 2048, 1, 0, 10.0, NULL, 'rehearsed', 'rehearsed on 2 and 8 of 24 layers', 0.9, 'keeps', 1.0, 1.0, 0, 0, 1.0,
  1.0, 0, 0);
INSERT INTO promised VALUES (1, 'turn', 6.0, 8.0, 9.0);
INSERT INTO actual VALUES (1, 1, 1700000100, 'bench', 1, 2, 1, 128, 0, 30, 0, NULL, 1.5, 4.0, 32.0, 6.0, 8.5, 0.1,
  NULL);
INSERT INTO sample VALUES (1, 0, 128, 0, 0, 4.0);
)";

class Versions : public testing::TestWithParam<std::size_t> {};

TEST_P(Versions, AreBroughtUpToDateWithAllTheyHold) {
  const TemporaryDirectory directory;
  const std::string path = directory / "ledger.db";
  const std::size_t version = GetParam();
  {
    const auto database = Database::open(path, Database::Mode::kWrite, Seconds(1));
    ASSERT_TRUE(database);
    for (std::size_t i = 0; i < version; ++i) {
      ASSERT_TRUE(database->execute(std::string(ledger_steps()[i])));
      ASSERT_TRUE(i > 0 || database->execute(kRowsOfVersion1));
    }
    const auto mark = "PRAGMA application_id = " + std::to_string(kLedgerApplication) +
                      "; PRAGMA user_version = " + std::to_string(version);
    ASSERT_TRUE(version == 0 || database->execute(mark));
  }
  // Reading brings it up to date as well.
  auto ledger = version == 0 ? Result<std::optional<Ledger>>(std::nullopt) : Ledger::open_existing(path);
  if (version == 0) {
    auto made = Ledger::open(path);
    ASSERT_TRUE(made) << describe(made.error());
    ledger = std::optional(std::move(*made));
  }
  ASSERT_TRUE(ledger) << describe(ledger.error());
  ASSERT_TRUE(*ledger);
  EXPECT_EQ((*ledger)->notice(), "");
  if (version == 0) return;
  const auto promise = (*ledger)->promise(1);
  ASSERT_TRUE(promise) << describe(promise.error());
  EXPECT_EQ(promise->model, "old-model");
  EXPECT_EQ(promise->times.turn->high, Seconds(9));
  EXPECT_FALSE(promise->file_path);
  EXPECT_FALSE(promise->file_changed);
  const auto actuals = (*ledger)->actuals(1, true);
  ASSERT_TRUE(actuals) << describe(actuals.error());
  EXPECT_EQ(actuals->at(0).turn, Seconds(8.5));
  EXPECT_EQ(actuals->at(0).samples.at(0).samples.at(0), Seconds(4));
  EXPECT_FALSE(actuals->at(0).compute_bytes);
  EXPECT_TRUE((*ledger)->served()->empty());
  ASSERT_TRUE((*Ledger::open(path)).add({.by = "old-model", .outcome = "done", .site = promise->site}));
  EXPECT_EQ((*ledger)->served()->size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(All, Versions, testing::Range<std::size_t>(0, ledger_steps().size() + 1));

TEST(Tables, SayWhatVersionTheyAre) {
  const auto database = Database::in_memory();
  ASSERT_TRUE(bring_up_to_date(*database));
  EXPECT_EQ(*pragma(*database, "user_version"), static_cast<std::int64_t>(ledger_steps().size()));
  EXPECT_EQ(*pragma(*database, "application_id"), kLedgerApplication);
  EXPECT_TRUE(check_tables(*database));
}

}  // namespace
}  // namespace tokcast
