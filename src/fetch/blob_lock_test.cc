#include "fetch/blob_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <sstream>
#include <thread>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

class BlobLockTest : public testing::Test {
 protected:
  bool is_held() {
    bool waited = false;
    EXPECT_TRUE(take(&waited));
    return waited;
  }
  Result<std::unique_ptr<BlobLock>> take(bool* waited) {
    return BlobLock::acquire(path_, [&, waited](const std::string&) {
      *waited = true;
      std::filesystem::remove(owner_);  // lets us go on
    });
  }

  TemporaryDirectory directory_{};
  std::string path_ = directory_ / "lock";
  std::string owner_ = path_ + ".owner";
};

pid_t ended_process() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

TEST_F(BlobLockTest, TellsItsOwnerAndLeavesNoneBehind) {
  bool waited = false;
  {
    const auto lock = take(&waited);
    EXPECT_EQ(parse_owner(read_text(owner_)), this_owner());
  }
  EXPECT_FALSE(std::filesystem::exists(owner_));
  EXPECT_FALSE(waited);
}

TEST_F(BlobLockTest, IsHeldByOneAtATime) {
  std::atomic<int> inside{0}, most{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto lock = BlobLock::acquire(path_, {});
        most = std::max<int>(most, ++inside);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        --inside;
      });
    }
  }
  EXPECT_EQ(most, 1);
}

TEST_F(BlobLockTest, Case27HoldsByItsOwnerFileWhereFlockDoesNothing) {
  // As if another process had locked, and flock let us through all the same: the parent process lives.
  LockOwner other = this_owner();
  other.process = getppid();
  const std::string stat = read_text("/proc/" + std::to_string(getppid()) + "/stat");
  ASSERT_FALSE(stat.empty());
  std::istringstream words(stat.substr(stat.rfind(')') + 2));
  for (int i = 0; i < 20; ++i) words >> other.started;
  write_text(owner_, format_owner(other));
  EXPECT_TRUE(is_held());
}

TEST_F(BlobLockTest, TakesOverFromAnOwnerThatIsGone) {
  LockOwner gone = this_owner();
  gone.process = ended_process();
  write_text(owner_, format_owner(gone));
  EXPECT_FALSE(is_held());
  LockOwner reused = this_owner();
  reused.started = "1";  // the same number, but another process by now
  write_text(owner_, format_owner(reused));
  EXPECT_FALSE(is_held());
  LockOwner before = this_owner();
  before.boot = "another";
  write_text(owner_, format_owner(before));
  EXPECT_FALSE(is_held());
}

TEST_F(BlobLockTest, WaitsForAnotherHostUntilItsOwnerFileIsOld) {
  LockOwner elsewhere = this_owner();
  elsewhere.host = "elsewhere";
  write_text(owner_, format_owner(elsewhere));
  EXPECT_TRUE(is_held());
  write_text(owner_, format_owner(elsewhere));
  const timespec old[2] = {{.tv_sec = time(nullptr) - 600}, {.tv_sec = time(nullptr) - 600}};
  utimensat(AT_FDCWD, owner_.c_str(), old, 0);
  EXPECT_FALSE(is_held());
}

TEST_F(BlobLockTest, OwnerFilesOfAnyContentAreNoCrash) {
  for (const char* text :
       {"", "\n", "1\n", "0 1 2 3\n", "99999999999 1 2 3\n", "a b c d\n", "1 2 3 4", "1 2 3 4 5\n"}) {
    EXPECT_EQ(parse_owner(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tokcast
