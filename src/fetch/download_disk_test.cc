// Downloads to disks that fail, beside other processes, and over what earlier ones left. Case numbers:
// download_test.cc.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "fetch/download_test_util.h"
#include "fetch/journal.h"

namespace tokcast {
namespace {

TEST_F(DownloadTest, Case21SaysThatTheDiskIsFullAndKeepsWhatIsThere) {
  files_.allocate_error = ENOSPC;
  expect_error(fetch(promised()), ErrorKind::kDiskFull);
  EXPECT_FALSE(partial_is_here());
  files_.allocate_error = 0;
  for (const std::uint64_t share : {50, 99}) {
    files_.write_error = ENOSPC;
    files_.write_limit = kSize * share / 100 - kPieceBytes;
    expect_error(fetch(promised()), ErrorKind::kDiskFull);
    EXPECT_TRUE(partial_is_here());
  }
  files_.write_error = 0;
  server_.forget_requests();
  expect_right(fetch(promised()));
  EXPECT_LT(server_.body_bytes(), kSize);
}

TEST_F(DownloadTest, Case22FailsWithTheDiskAndCanGoOn) {
  for (int* error : {&files_.write_error, &files_.sync_error, &files_.rename_error}) {
    *error = EIO;
    expect_error(fetch(promised()), ErrorKind::kIo);
    *error = 0;
    EXPECT_TRUE(partial_is_here());
  }
  expect_right(fetch(promised()));
}

// The first call of all to the disk fails, then the second, and so on until none is left that could.
TEST_F(DownloadTest, Case22FailsWithAnyCallToTheDiskAndCanGoOn) {
  file_ = TestFile::sparse("", kPieceBytes + 12'345);
  server_.serve("/file", file_);
  int call = 0;
  for (; call < 1000; ++call) {
    files_.calls_until_failure = call;
    const auto got = fetch(promised());
    const bool none_failed = files_.calls_until_failure >= 0;
    files_.calls_until_failure = -1;
    if (none_failed) break;
    // Only a flush of the directory comes after the name, and what has the name is right then too.
    if (std::filesystem::exists(directory_ / "target")) {
      EXPECT_EQ(hash_file(directory_ / "target", {}).value(), sha256_of(file_));
    }
    ASSERT_FALSE(got) << call;
    EXPECT_EQ(got.error().kind, ErrorKind::kIo) << describe(got.error());
    expect_right(fetch(promised()));
    std::filesystem::remove(directory_ / "target");
  }
  EXPECT_GE(call, 8);  // room, two pieces written and read, the file's flush, its name, the directory's flush
  EXPECT_LT(call, 1000);
}

TEST_F(DownloadTest, Case26TwoAtOnceFetchOnce) {
  Result<Downloaded> first = fail(ErrorKind::kIo, ""), second = first;
  {
    const std::jthread one([&] { first = fetch(promised()); });
    const std::jthread two([&] { second = fetch(promised()); });
  }
  expect_right(first);
  expect_right(second);
  EXPECT_LE(server_.body_bytes(), kSize + 64);
  EXPECT_EQ(first->fetched + second->fetched, Bytes(kSize));
}

TEST_F(DownloadTest, Case28FetchesOnlyThePieceThatTheDiskSpoiled) {
  files_.rename_error = EIO;
  EXPECT_FALSE(fetch(promised()));
  files_.rename_error = 0;
  const int fd = ::open((directory_ / "partial").c_str(), O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(::pwrite(fd, "x", 1, kPieceBytes * 2 + 17), 1);
  ::close(fd);
  server_.forget_requests();
  expect_right(fetch(promised()));
  EXPECT_LE(server_.body_bytes(), kPieceBytes + 64);
}

TEST_F(DownloadTest, Case28BeginsAPieceAnewOfWhichTheDiskSpoiledTheBeginning) {
  fetch_some(kPieceBytes / 2);
  write_text(directory_ / "partial", std::string(kSize, 'x'));
  const auto got = fetch(promised());
  expect_right(got);
  EXPECT_EQ(got->fetched, Bytes(kSize));
}

TEST_F(DownloadTest, Case34CountsBeyondFourGigabytes) {
  constexpr std::uint64_t kLarge = (4ULL << 30U) + 3 * kPieceBytes + 5;
  file_.size = kLarge;
  file_.fill = [](std::uint64_t offset, std::span<char> out) {
    std::ranges::fill(out, static_cast<char>(offset >> 32U));
  };
  server_.serve("/file", file_);
  DownloadItem large = item();
  // All but the end is there already: pieces of zeros, which the blob's holes are.
  JournalKey key{server_.url("/file") + " \"v1\"", Bytes(kLarge)};
  PieceRecords here;
  PieceHash zeros;
  zeros.add(std::vector<char>(kPieceBytes));
  const std::uint64_t zero = zeros.value();
  for (std::uint64_t piece = 0; piece < (4ULL << 30U) / kPieceBytes; ++piece)
    here[piece] = {kPieceBytes, zero};
  write_text(large.places.journal, format_journal(here, key));
  write_text(large.places.partial, "");
  std::filesystem::resize_file(large.places.partial, kLarge);
  const auto got = fetch(large);
  ASSERT_TRUE(got) << describe(got.error());
  EXPECT_EQ(got->fetched, Bytes(3 * kPieceBytes + 5));
  std::ifstream written(directory_ / "target", std::ios::binary);
  written.seekg(static_cast<std::streamoff>(kLarge - 1));
  EXPECT_EQ(written.get(), 1);
}

TEST_F(DownloadTest, ReplacesAFileOfThatNameThatIsWrong) {
  write_text(directory_ / "target", std::string(kSize, 'x'));
  expect_right(fetch(promised()));
}

TEST_F(DownloadTest, Case24ClearsAwayWhatAKilledOneLeftBesideAFinishedFile) {
  write_text(directory_ / "target", file_.bytes(0, kSize));
  for (const char* name : {"journal", "journal.77.tmp", "partial"}) write_text(directory_ / name, "left");
  expect_right(fetch(promised()));
  for (const char* name : {"journal", "journal.77.tmp", "partial"}) {
    EXPECT_FALSE(std::filesystem::exists(directory_ / name)) << name;
  }
}

TEST_F(DownloadTest, AdoptsAFileThatIsRightWithoutARequest) {
  write_text(directory_ / "target", file_.bytes(0, kSize));
  const auto got = fetch(promised());
  expect_right(got);
  EXPECT_EQ(got->fetched, Bytes(0));
  EXPECT_TRUE(server_.requests().empty());
}

}  // namespace
}  // namespace tokcast
