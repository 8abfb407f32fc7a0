#include "ledger/database.h"

#include <gtest/gtest.h>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

TEST(Database, GivesBackWhatWasBoundAndNullForUnknown) {
  const auto database = Database::in_memory();
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("CREATE TABLE t (a INTEGER, b REAL, c TEXT, d TEXT)"));
  ASSERT_TRUE(database->prepare("INSERT INTO t VALUES (?, ?, ?, ?)")
                  .bind(std::int64_t{7})
                  .bind(0.5)
                  .bind(std::string_view("x\0y", 3))
                  .bind(std::optional<double>())
                  .finish());
  Statement select = database->prepare("SELECT * FROM t");
  ASSERT_TRUE(*select.step());
  EXPECT_EQ(select.integer(0), 7);
  EXPECT_EQ(select.real(1), 0.5);
  EXPECT_EQ(select.text(2), std::string("x\0y", 3));
  EXPECT_FALSE(select.text(3));
  EXPECT_FALSE(select.integer(2));  // of another kind
  EXPECT_FALSE(*select.step());
}

TEST(Database, SaysWhatIsWrongWithAStatementWhenItIsRun) {
  const auto database = Database::in_memory();
  const auto done = database->prepare("SELECT * FROM nothing").finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kIo);
}

TEST(Database, UndoesATransactionThatWasNotCommitted) {
  const auto database = Database::in_memory();
  ASSERT_TRUE(database->execute("CREATE TABLE t (a)"));
  {
    auto transaction = Transaction::begin(*database);
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)"));
  }
  EXPECT_FALSE(*database->prepare("SELECT * FROM t").step());
  auto transaction = Transaction::begin(*database);
  ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)"));
  ASSERT_TRUE(transaction->commit());
  EXPECT_TRUE(*database->prepare("SELECT * FROM t").step());
}

TEST(Database, RefusesTriggersViewsAttachedFilesAndHugeValues) {
  const auto database = Database::in_memory();
  ASSERT_TRUE(database->execute("CREATE TABLE t (a)"));
  EXPECT_FALSE(database->execute("ATTACH ':memory:' AS other"));
  EXPECT_FALSE(database->execute("SELECT load_extension('x')"));
  EXPECT_FALSE(database->prepare("INSERT INTO t VALUES (?)").bind(std::string(2'000'000, 'x')).finish());
  ASSERT_TRUE(database->execute("CREATE TRIGGER again AFTER INSERT ON t BEGIN DELETE FROM t; END"));
  ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)"));
  EXPECT_TRUE(*database->prepare("SELECT * FROM t").step());
}

}  // namespace
}  // namespace tokcast
