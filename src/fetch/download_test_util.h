// Downloads from a server and to a disk that do as a test says.
#ifndef TOKCAST_FETCH_DOWNLOAD_TEST_UTIL_H_
#define TOKCAST_FETCH_DOWNLOAD_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <span>
#include <string>

#include "base/temporary_directory_test_util.h"
#include "fetch/download.h"
#include "fetch/journal.h"
#include "fetch/test_clock_test_util.h"
#include "fetch/test_server_test_util.h"

namespace tokcast {

inline constexpr std::uint64_t kSize = 5 * kPieceBytes + 12'345;

// Fails the calls that it is told to.
class FailingFiles final : public FileCalls {
 public:
  int allocate(int fd, std::uint64_t size) override {
    return fails(allocate_error) ? -1 : FileCalls::allocate(fd, size);
  }
  ssize_t write_at(int fd, std::span<const char> bytes, std::uint64_t offset) override {
    if (fails(written_ >= write_limit ? write_error : 0)) return -1;
    written_ += bytes.size();
    return FileCalls::write_at(fd, bytes, offset);
  }
  ssize_t read_at(int fd, std::span<char> bytes, std::uint64_t offset) override {
    return fails(0) ? -1 : FileCalls::read_at(fd, bytes, offset);
  }
  int sync(int fd) override { return fails(sync_error) ? -1 : FileCalls::sync(fd); }
  int rename(const std::string& from, const std::string& to) override {
    return fails(rename_error) ? -1 : FileCalls::rename(from, to);
  }

  int allocate_error = 0, write_error = 0, sync_error = 0, rename_error = 0;  // errno; 0: works
  std::uint64_t write_limit = 0;                                              // works so far
  std::atomic<int> calls_until_failure{-1};  // of all kinds, then EIO once; below 0: never

 private:
  bool fails(int error_number) {
    if (error_number == 0 && calls_until_failure-- == 0) error_number = EIO;
    if (error_number != 0) errno = error_number;
    return error_number != 0;
  }
  std::atomic<std::uint64_t> written_{0};
};

class DownloadTest : public testing::Test {
 protected:
  DownloadTest() { server_.serve("/file", file_); }

  DownloadItem item(const std::string& path = "/file") {
    DownloadItem out{.file = {.request = {.url = server_.url(path)}, .name = "file"}};
    out.places = {directory_ / "target", directory_ / "partial", directory_ / "journal", directory_ / "lock"};
    return out;
  }
  DownloadItem promised() {
    DownloadItem out = item();
    out.promise = {Bytes(file_.size), sha256_of(file_), {}};
    out.file.size = Bytes(file_.size);
    return out;
  }
  DownloadOptions options() {
    DownloadOptions out{.verified = VerifiedFiles(directory_ / "verified")};
    out.files = &files_;
    out.clock = &clock_;
    return out;
  }

  Result<Downloaded> fetch(const DownloadItem& what) {
    const auto client = curl_http_client({.stall_limit = Seconds(1)});
    return download(*client, what, options());
  }
  // Fetches until the server cuts the connection for good; what came stays.
  void fetch_some(std::uint64_t bytes) {
    files_.write_error = EIO;
    files_.write_limit = bytes;
    EXPECT_FALSE(fetch(promised()));
    files_.write_error = 0;
    server_.forget_requests();
  }
  void expect_right(const Result<Downloaded>& got) {
    ASSERT_TRUE(got) << describe(got.error());
    EXPECT_EQ(hash_file(directory_ / "target", {}).value(), sha256_of(file_));
    EXPECT_FALSE(std::filesystem::exists(directory_ / "partial"));
    EXPECT_FALSE(std::filesystem::exists(directory_ / "journal"));
    EXPECT_FALSE(std::filesystem::exists(directory_ / "lock.owner"));
  }
  void expect_error(const Result<Downloaded>& got, ErrorKind kind) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, kind) << describe(got.error());
    EXPECT_FALSE(std::filesystem::exists(directory_ / "target"));
  }
  bool partial_is_here() const { return std::filesystem::exists(directory_ / "partial"); }

  TemporaryDirectory directory_{};
  TestServer server_{};
  TestFile file_ = TestFile::sparse("", kSize);
  FailingFiles files_{};
  TestClock clock_{};
};

}  // namespace tokcast

#endif  // TOKCAST_FETCH_DOWNLOAD_TEST_UTIL_H_
