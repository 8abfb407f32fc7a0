#include "cli/promised_file.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

using namespace std::chrono_literals;

class PromisedFile : public testing::Test {
 protected:
  PromisedFile() { EXPECT_TRUE(note_file(promise_, path_)); }

  // As every program leaves a file that it wrote.
  void touch() {
    const auto before = std::filesystem::last_write_time(path_);
    std::filesystem::last_write_time(path_, before + 2s);
  }

  TemporaryDirectory folder_;
  std::string path_ = write_text(folder_ / "model.gguf", "weights");
  Promise promise_{};
};

TEST_F(PromisedFile, IsNotedByPathSizeAndHash) {
  EXPECT_EQ(promise_.file_path, path_);
  EXPECT_EQ(promise_.file_bytes, Bytes(7));
  // sha256sum of "weights".
  EXPECT_EQ(promise_.file_sha256, "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c");
  EXPECT_EQ(state_of_file(promise_), FileState::kSame);
}

TEST_F(PromisedFile, WrittenAgainAsItWasItIsTheSame) {
  write_text(path_, "weights");
  touch();
  EXPECT_EQ(state_of_file(promise_), FileState::kSame);
}

TEST_F(PromisedFile, WithOtherContentItChanged) {
  write_text(path_, "weighed");
  touch();
  EXPECT_EQ(state_of_file(promise_), FileState::kChanged);
  write_text(path_, "longer than before");
  EXPECT_EQ(state_of_file(promise_), FileState::kChanged);
}

TEST_F(PromisedFile, RemovedItIsGone) {
  std::filesystem::remove(path_);
  EXPECT_EQ(state_of_file(promise_), FileState::kGone);
  EXPECT_EQ(note_file(promise_, path_).error().kind, ErrorKind::kNotFound);
}

TEST_F(PromisedFile, SomethingElseInItsPlaceTellsNothing) {
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_EQ(state_of_file(promise_), FileState::kUnknown);
}

TEST_F(PromisedFile, OfAModelInSeveralFilesNothingIsNoted) {
  Promise split;
  const std::string first = write_text(folder_ / "model-00001-of-00002.gguf", "part");
  EXPECT_TRUE(note_file(split, first));
  EXPECT_FALSE(split.file_path);
  EXPECT_EQ(state_of_file(split), FileState::kUnknown);
}

}  // namespace
}  // namespace tokcast
