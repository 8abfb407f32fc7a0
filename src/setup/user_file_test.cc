#include "setup/user_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

class UserFile : public testing::Test {
 protected:
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()),
                                                  std::filesystem::directory_iterator()));
  }
  static unsigned mode_of(const std::string& path) {
    struct stat facts{};
    return stat(path.c_str(), &facts) == 0 ? facts.st_mode & 0777U : 0;
  }

  TemporaryDirectory folder_;
  std::string path_ = folder_ / ".env";
};

TEST_F(UserFile, ANewOneIsPrivate) {
  const auto change = change_user_file(path_, "A=1\n", true);
  ASSERT_TRUE(change);
  EXPECT_TRUE(change->changed);
  EXPECT_EQ(change->backup, "");
  EXPECT_EQ(read_text(path_), "A=1\n");
  EXPECT_EQ(mode_of(path_), 0600U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(UserFile, WhatIsThereAlreadyIsNotWrittenAgain) {
  write_text(path_, "A=1\n");
  const auto time = std::filesystem::last_write_time(path_);
  EXPECT_FALSE(change_user_file(path_, "A=1\n", true)->changed);
  EXPECT_EQ(std::filesystem::last_write_time(path_), time);
  EXPECT_EQ(files(), 1U);
}

TEST_F(UserFile, KeepsWhatWasThereOnceAndItsMode) {
  write_text(path_, "A=1\n");
  chmod(path_.c_str(), 0640);
  const auto change = change_user_file(path_, "A=2\n", true);
  ASSERT_TRUE(change);
  EXPECT_EQ(read_text(change->backup), "A=1\n");
  EXPECT_EQ(mode_of(change->backup), 0640U);
  EXPECT_EQ(mode_of(path_), 0640U);
  ASSERT_TRUE(change_user_file(path_, "A=1\n", false));
  EXPECT_EQ(change_user_file(path_, "A=3\n", true)->backup, change->backup);
  EXPECT_EQ(files(), 2U);
}

TEST_F(UserFile, ASymbolicLinkStaysOne) {
  write_text(folder_ / "real", "A=1\n");
  std::filesystem::create_symlink("real", path_);
  ASSERT_TRUE(change_user_file(path_, "A=2\n", false));
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_EQ(read_text(folder_ / "real"), "A=2\n");
}

TEST_F(UserFile, AFolderIsNoFile) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(change_user_file(path_, "A=2\n", false).error().kind, ErrorKind::kBadInput);
}

}  // namespace
}  // namespace tokcast
