// What may happen to a ledger: killed writers, many writers, full disks, files that are none.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

#include "engine/fake_engine_test_util.h"
#include "ledger/ledger.h"
#include "ledger/ledger_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;

class LedgerHarm : public testing::Test {
 protected:
  std::int64_t begin(const std::string& model = "m") {
    auto ledger = Ledger::open(path_);
    EXPECT_TRUE(ledger) << describe(ledger.error());
    return ledger ? ledger->accept(test_promise(model)).value_or(0) : 0;
  }

  // Runs `sql` on the file as another program would, with SQLite's own defaults.
  void meddle(const std::string& sql) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
    char* why = nullptr;
    EXPECT_EQ(sqlite3_exec(other, sql.c_str(), nullptr, nullptr, &why), SQLITE_OK) << why;
    sqlite3_free(why);
    sqlite3_close(other);
  }

  Error open_error() {
    const auto ledger = Ledger::open(path_);
    return ledger ? Error{.message = "it opened"} : ledger.error();
  }
  Error read_error() {
    const auto ledger = Ledger::open_existing(path_);
    return ledger ? Error{.message = "it opened"} : ledger.error();
  }

  std::vector<std::string> set_aside() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      if (entry.path().filename().string().find("damaged") != std::string::npos) out.push_back(entry.path());
    }
    return out;
  }

  bool contains_journal() const {
    return read_text(path_ + "-journal").find("damaged one's") != std::string::npos;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "ledger.db";
};

// A child that does something and ends without running our destructors.
pid_t start_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  return child;
}

int status_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// Adds turns 1, 2, 3 ... for ever, and says through the pipe which of them the ledger has acknowledged.
int write_for_ever(const std::string& path, std::int64_t promise, int report) {
  auto ledger = Ledger::open(path);
  if (!ledger) return 1;
  for (int turn = 1;; ++turn) {
    if (!ledger->add(test_actual(promise, turn))) return 2;
    if (write(report, &turn, sizeof turn) != sizeof turn) return 3;
  }
}

TEST_F(LedgerHarm, LosesNothingThatWasAcknowledgedWhenAWriterIsKilled) {
  const std::int64_t promise = begin();
  int acknowledged = 0;
  for (int kill_after = 1; kill_after <= 15; ++kill_after) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = start_child([&] { return write_for_ever(path_, promise, ends[1]); });
    close(ends[1]);
    int turn = 0;
    for (int i = 0; i < kill_after % 5 + 1 && read(ends[0], &turn, sizeof turn) == sizeof turn; ++i) {
      ++acknowledged;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(397 * kill_after));
    kill(child, SIGKILL);
    EXPECT_EQ(status_of(child), -SIGKILL);
    while (read(ends[0], &turn, sizeof turn) == sizeof turn) ++acknowledged;
    close(ends[0]);
    const auto read = Ledger::open_existing(path_);  // whatever journal was left
    ASSERT_TRUE(read) << describe(read.error());
    auto ledger = Ledger::open(path_);
    ASSERT_TRUE(ledger) << describe(ledger.error());
    EXPECT_EQ(ledger->notice(), "");
    const auto actuals = ledger->actuals(promise, true, 100'000);
    ASSERT_TRUE(actuals) << describe(actuals.error());
    // One may have been written and not yet been acknowledged, each time.
    EXPECT_GE(actuals->size(), static_cast<std::size_t>(acknowledged));
    EXPECT_LE(actuals->size(), static_cast<std::size_t>(acknowledged + kill_after));
    for (const Actual& actual : *actuals) ASSERT_EQ(actual.samples.size(), 2U);  // whole or not at all
  }
}

TEST_F(LedgerHarm, TakesTheTurnsOfManyWritersAtOnce) {
  const std::int64_t promise = begin();
  constexpr int kWriters = 4;
  constexpr int kTurns = 25;
  std::vector<pid_t> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.push_back(start_child([&] {
      auto ledger = Ledger::open(path_, Seconds(60));
      for (int turn = 1; ledger && turn <= kTurns; ++turn) {
        if (!ledger->add(test_actual(promise, turn))) return 1;
      }
      return ledger ? 0 : 2;
    }));
  }
  for (const pid_t writer : writers) EXPECT_EQ(status_of(writer), 0);
  EXPECT_EQ(Ledger::open(path_)->actuals(promise)->size(), std::size_t{kWriters * kTurns});
}

TEST_F(LedgerHarm, IsMadeOnceByManyThatBeginItTogether) {
  std::vector<pid_t> writers;
  for (int writer = 0; writer < 6; ++writer) {
    writers.push_back(start_child([&] {
      auto ledger = Ledger::open(path_, Seconds(60));
      return ledger && ledger->accept(test_promise()) ? 0 : 1;
    }));
  }
  for (const pid_t writer : writers) EXPECT_EQ(status_of(writer), 0);
  EXPECT_EQ(Ledger::open(path_)->promises()->size(), 6U);
}

TEST_F(LedgerHarm, SaysWhenAnotherProcessHoldsItTooLong) {
  const std::int64_t promise = begin();
  auto ledger = Ledger::open(path_, Seconds(0.05));
  ASSERT_TRUE(ledger);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto added = ledger->add(test_actual(promise));
  sqlite3_close(other);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(ledger->add(test_actual(promise)));
}

// In a small file system of its own, which takes a name space or root.
int fill_the_disk(const std::string& folder) {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 77;
  mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  if (mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=256k") != 0) return 77;
  auto ledger = Ledger::open(folder + "/ledger.db");
  const auto promise = ledger ? ledger->accept(test_promise()) : 0;
  if (!promise) return 1;
  Actual large = test_actual(*promise);
  large.samples[0].samples.assign(500, Seconds(1));
  std::size_t kept = 0;
  Result<std::int64_t> added = 0;
  while ((added = ledger->add(large)) && kept < 1000) ++kept;
  if (added || added.error().kind != ErrorKind::kDiskFull) return 2;
  const auto again = Ledger::open(folder + "/ledger.db");
  if (!again || !again->notice().empty()) return 3;
  return again->actuals(*promise)->size() == kept ? 0 : 4;
}

TEST_F(LedgerHarm, KeepsWhatItHasWhenTheDiskIsFull) {
  const int status = status_of(start_child([&] { return fill_the_disk(directory_.path()); }));
  if (status == 77) GTEST_SKIP() << "no small file system can be made here: neither root nor name spaces";
  EXPECT_EQ(status, 0);
}

TEST_F(LedgerHarm, SaysWhereItCannotBeWritten) {
  path_ = write_text(directory_ / "file", "x") + "/state/ledger.db";
  EXPECT_EQ(open_error().kind, ErrorKind::kIo);
  EXPECT_THAT(open_error().fix, HasSubstr("XDG_STATE_HOME"));
  path_ = "/proc/tokcast/ledger.db";
  EXPECT_FALSE(Ledger::open(path_));
}

TEST_F(LedgerHarm, IsReadWhereNothingMayBeWritten) {
  begin();
  ASSERT_EQ(chmod(path_.c_str(), 0444), 0);
  ASSERT_EQ(chmod(directory_.path().c_str(), 0555), 0);
  const auto ledger = Ledger::open_existing(path_);
  chmod(directory_.path().c_str(), 0755);
  ASSERT_TRUE(ledger && *ledger);
  EXPECT_EQ((*ledger)->promises()->size(), 1U);
}

TEST_F(LedgerHarm, SetsRandomBytesAsideAndBeginsAnew) {
  const std::string bytes = "\x01\x02 no database at all" + std::string(5000, '\xfe');
  write_text(path_, bytes);
  EXPECT_EQ(read_error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(read_text(path_), bytes);  // reading changes nothing
  auto ledger = Ledger::open(path_);
  ASSERT_TRUE(ledger) << describe(ledger.error());
  EXPECT_THAT(ledger->notice(), HasSubstr("set aside as"));
  ASSERT_EQ(set_aside().size(), 1U);
  EXPECT_EQ(read_text(set_aside().front()), bytes);
  EXPECT_TRUE(ledger->accept(test_promise()));
  EXPECT_EQ(Ledger::open(path_)->notice(), "");
}

TEST_F(LedgerHarm, LeavesNoJournalOfADamagedFileBesideTheNewOne) {
  write_text(path_, std::string(5000, 'x'));
  write_text(path_ + "-journal", "the damaged one's journal");
  ASSERT_TRUE(Ledger::open(path_));
  EXPECT_GE(set_aside().size(), 1U);
  EXPECT_FALSE(contains_journal());
}

// Whatever bytes are wrong: a clear error, a ledger set aside, or a sound answer; never a crash.
TEST_F(LedgerHarm, SurvivesFlippedBytesAnywhere) {
  const std::int64_t promise = begin();
  {
    auto ledger = Ledger::open(path_);
    for (int i = 1; i <= 20; ++i) ASSERT_TRUE(ledger->add(test_actual(promise, i)));
  }
  const std::string sound = read_text(path_);
  std::size_t noticed = 0;
  for (std::size_t at = 0; at < sound.size(); at += 1201) {
    std::string bad = sound;
    for (std::size_t i = at; i < std::min(at + 8, bad.size()); ++i) bad[i] = static_cast<char>(~bad[i]);
    write_text(path_, bad);
    const auto read = Ledger::open_existing(path_);
    if (read && *read) {
      for (const Promise& one : (*read)->promises().value_or(std::vector<Promise>{}))
        (void)(*read)->actuals(one.id, true);
      (void)(*read)->residuals("machine", "engine-1", 2);
    }
    const auto written = Ledger::open(path_);
    noticed += !read || !written || !written->notice().empty() ? 1 : 0;
    for (const std::string& aside : set_aside()) std::filesystem::remove(aside);
    std::filesystem::remove(path_);
  }
  EXPECT_GT(noticed, sound.size() / 1201 / 10);  // not all: much of a file is room
}

TEST_F(LedgerHarm, SurvivesBeingCutOffAnywhere) {
  begin();
  const std::string sound = read_text(path_);
  for (std::size_t size = 512; size < sound.size(); size += 1997) {
    write_text(path_, sound.substr(0, size));
    const auto written = Ledger::open(path_);
    ASSERT_TRUE(written) << size << describe(written.error());
    // Room at the end of the last page holds nothing and may be missing.
    const bool whole = written->promises().value_or(std::vector<Promise>{}).size() == 1;
    EXPECT_TRUE(whole || written->notice().find("set aside") != std::string::npos) << size;
    EXPECT_TRUE(whole || size < sound.size() - 4096) << size;
    for (const std::string& aside : set_aside()) std::filesystem::remove(aside);
    std::filesystem::remove(path_);
  }
}

TEST_F(LedgerHarm, LeavesAnotherProgramsDatabaseAlone) {
  meddle("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1); PRAGMA application_id = 7");
  const std::string before = read_text(path_);
  EXPECT_EQ(open_error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(read_error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(open_error().message, HasSubstr("another program"));
  EXPECT_EQ(read_text(path_), before);
  EXPECT_TRUE(set_aside().empty());
}

TEST_F(LedgerHarm, LeavesALedgerOfANewerTokcastAlone) {
  begin();
  meddle("PRAGMA user_version = 1000");
  const std::string before = read_text(path_);
  EXPECT_EQ(open_error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(open_error().message, HasSubstr("newer"));
  EXPECT_EQ(read_error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(read_text(path_), before);
}

TEST_F(LedgerHarm, RefusesTablesThatAreNotItsOwn) {
  begin();
  meddle("CREATE TRIGGER spy AFTER INSERT ON promise BEGIN DELETE FROM promise; END");
  EXPECT_EQ(open_error().kind, ErrorKind::kUnsupported);
  EXPECT_FALSE(Ledger::open_existing(path_));
  EXPECT_TRUE(set_aside().empty());
  meddle("DROP TRIGGER spy");
  EXPECT_TRUE(Ledger::open(path_));
  meddle("ALTER TABLE promise ADD COLUMN more TEXT");
  EXPECT_EQ(open_error().kind, ErrorKind::kUnsupported);
}

TEST_F(LedgerHarm, RefusesRowsThatMakeNoSense) {
  for (const char* change :
       {"accepted_by = 'nobody'", "evidence = 'hearsay'", "verdict = ''", "threads = 99999999999",
        "prompt_tokens = -1", "model = CAST(zeroblob(3000000) AS TEXT)"}) {
    std::filesystem::remove(path_);
    begin();
    meddle(std::string("PRAGMA ignore_check_constraints = ON; UPDATE promise SET ") + change);
    const auto ledger = Ledger::open(path_);
    if (!ledger) continue;  // the check at opening may find it first
    EXPECT_FALSE(ledger->promises()) << change;
  }
}

TEST_F(LedgerHarm, IsNoDirectoryPipeOrMonster) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(open_error().kind, ErrorKind::kBadInput);
  std::filesystem::remove(path_);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(open_error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(read_error().kind, ErrorKind::kBadInput);
  std::filesystem::remove(path_);
  write_text(path_, "x");
  std::filesystem::resize_file(path_, 3ULL << 30U);
  EXPECT_EQ(open_error().kind, ErrorKind::kBadInput);
}

}  // namespace
}  // namespace tokcast
