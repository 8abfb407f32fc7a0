// Downloads against servers, disks and processes that misbehave. Cases are those of a list of what broke
// other downloaders, by its numbers.
#include "fetch/download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/text.h"
#include "engine/fake_engine_test_util.h"
#include "fetch/journal.h"
#include "fetch/test_clock_test_util.h"
#include "fetch/test_model_test_util.h"
#include "fetch/test_server_test_util.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kSize = 5 * kPieceBytes + 12'345;

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

TEST_F(DownloadTest, Case1FetchesAWholeFileOnce) {
  const auto got = fetch(promised());
  expect_right(got);
  EXPECT_EQ(got->fetched, Bytes(kSize));
  EXPECT_EQ(got->hash, sha256_of(file_));
  EXPECT_LE(server_.body_bytes(), kSize + 64);
  server_.forget_requests();
  EXPECT_EQ(fetch(promised())->fetched, Bytes(0));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(DownloadTest, FetchesEmptyAndTinyFiles) {
  for (const std::uint64_t size : {0, 1, 63, 64, 65}) {
    file_ = TestFile::sparse("", size);
    server_.serve("/file", file_);
    expect_right(fetch(promised()));
  }
}

TEST_F(DownloadTest, Case2GoesOnWhereItWas) {
  fetch_some(3 * kPieceBytes);
  expect_right(fetch(promised()));
  EXPECT_LE(server_.body_bytes(), kSize - 3 * kPieceBytes + 64);
  for (const SeenRequest& request : server_.requests_for("/file")) {
    EXPECT_TRUE(request.header("range").starts_with("bytes="));
  }
}

TEST_F(DownloadTest, AsksOnlyForTheSameVersionWhenItGoesOn) {
  fetch_some(kPieceBytes);
  expect_right(fetch(promised()));
  EXPECT_EQ(server_.requests_for("/file").back().header("if-range"), "\"v1\"");
}

TEST_F(DownloadTest, Case3OfAFileThatIsWholeAlreadyAsksForNothingMore) {
  files_.rename_error = EIO;
  EXPECT_FALSE(fetch(promised()));
  files_.rename_error = 0;
  server_.forget_requests();
  expect_right(fetch(promised()));
  EXPECT_LE(server_.body_bytes(), 64U);
}

TEST_F(DownloadTest, Case4BeginsAnewOverAPartThatIsTooLong) {
  fetch_some(2 * kPieceBytes);
  std::filesystem::resize_file(directory_ / "partial", kSize + 1);
  expect_right(fetch(promised()));
}

TEST_F(DownloadTest, Case5TakesTheWholeFileWhereAServerIgnoresRanges) {
  fetch_some(kPieceBytes);
  server_.misbehave("/file", {.ignore_range = true});
  expect_right(fetch(promised()));
}

TEST_F(DownloadTest, Case5TakesTheWholeFileWhereRangesAreIgnoredLater) {
  server_.misbehave("/file", {}, 2);
  server_.misbehave("/file", {.ignore_range = true});
  expect_right(fetch(promised()));
}

TEST_F(DownloadTest, Case6RefusesAnotherRangeThanWasAskedFor) {
  for (const std::int64_t shift : {-1, 1}) {
    server_.behave("/file");
    server_.misbehave("/file", {}, 1);
    server_.misbehave("/file", {.shift_range = shift * 10});
    expect_error(fetch(promised()), ErrorKind::kNetwork);
  }
  server_.behave("/file");
  server_.misbehave("/file", {}, 1);
  server_.misbehave("/file", {.shift_range = 10}, 2);
  expect_right(fetch(promised()));
}

TEST_F(DownloadTest, Case7BeginsAnewWhenTheFileChangedBetweenTwoRuns) {
  const DownloadItem unpromised = item();
  files_.write_error = EIO;
  files_.write_limit = 2 * kPieceBytes;
  EXPECT_FALSE(fetch(unpromised));
  files_.write_error = 0;
  file_ = TestFile::sparse("another", kSize);
  file_.etag = "\"v2\"";
  server_.serve("/file", file_);
  const auto got = fetch(unpromised);
  expect_right(got);
  EXPECT_EQ(got->fetched, Bytes(kSize));
}

TEST_F(DownloadTest, Case7BeginsAnewWhenTheFileChangesMeanwhile) {
  server_.misbehave("/file", {.etag = "\"v0\""}, 2);  // the first look and one piece see the old one
  expect_right(fetch(item()));
}

TEST_F(DownloadTest, Case8GoesOnWithAWeakEtagButDoesNotSendIt) {
  file_.etag = "W/\"weak\"";
  server_.serve("/file", file_);
  fetch_some(2 * kPieceBytes);
  expect_right(fetch(promised()));
  EXPECT_EQ(server_.requests_for("/file").back().header("if-range"), "");
  // What was under way when the first run ended may still be counted.
  EXPECT_LT(server_.body_bytes(), kSize - kPieceBytes);
}

TEST_F(DownloadTest, Case9TakesAFileWithoutALengthIfItsSizeIsPromised) {
  for (const bool chunked : {true, false}) {
    std::filesystem::remove(directory_ / "target");
    server_.behave("/file");
    server_.misbehave("/file", {.ignore_range = true, .no_length = !chunked, .chunked = chunked});
    expect_right(fetch(promised()));
    std::filesystem::remove(directory_ / "target");
    expect_error(fetch(item()), ErrorKind::kUnsupported);
  }
}

TEST_F(DownloadTest, Case10FetchesTheRestOfAnAnswerThatIsCutOff) {
  server_.misbehave("/file", {}, 1);
  server_.misbehave("/file", {.close_at = 1'000'000}, 3);
  expect_right(fetch(promised()));
  EXPECT_LE(server_.body_bytes(), kSize + 64 + (256U << 10U));
}

TEST_F(DownloadTest, Case10RefusesALengthThatIsNotThePromisedOne) {
  server_.misbehave("/file", {.ignore_range = true, .shift_length = 1});
  expect_error(fetch(promised()), ErrorKind::kNetwork);
  server_.behave("/file");
  server_.misbehave("/file", {.shift_total = -1});
  expect_error(fetch(promised()), ErrorKind::kNetwork);
}

TEST_F(DownloadTest, Case13GoesOnBehindARedirect) {
  server_.redirect("/moved", server_.url("/file"));
  fetch_some(2 * kPieceBytes);
  DownloadItem moved = promised();
  moved.file.request.url = server_.url("/moved");
  expect_right(fetch(moved));
  EXPECT_EQ(server_.requests_for("/moved").size(), 1U);
  EXPECT_LE(server_.requests_for("/file").size(), 5U);
}

TEST_F(DownloadTest, AsksAtTheFirstAddressAgainWhenASignedOneExpired) {
  server_.redirect("/moved", server_.url("/file"));
  server_.misbehave("/file", {}, 1);
  server_.misbehave("/file", {.status = 403}, 1);
  DownloadItem moved = promised();
  moved.file.request.url = server_.url("/moved");
  expect_right(fetch(moved));
}

TEST_F(DownloadTest, Case14And15WaitsAsAServerAsksAndTriesAgain) {
  server_.misbehave("/file", {.status = 429, .headers = {{"Retry-After", "7"}}}, 1);
  server_.misbehave("/file", {.status = 503}, 2);
  expect_right(fetch(promised()));
  EXPECT_EQ(clock_.waits.front(), 7);
}

TEST_F(DownloadTest, Case18GoesOnAfterABrokenConnection) {
  // At once, within a piece, before its end, and where 99.99 % came.
  for (const std::uint64_t at :
       {std::uint64_t{0}, kPieceBytes / 2, kPieceBytes - 400, kSize - kSize / 10'000}) {
    std::filesystem::remove(directory_ / "target");
    server_.misbehave("/file", {}, 1);
    server_.misbehave("/file", {.reset_at = at}, 2);
    expect_right(fetch(promised()));
  }
}

TEST_F(DownloadTest, Case16GoesOnAfterAStall) {
  server_.misbehave("/file", {}, 1);
  server_.misbehave("/file", {.stall_at = 100'000}, 1);
  expect_right(fetch(promised()));
}

TEST_F(DownloadTest, Case20FindsAnyFlippedBitAndKeepsNothing) {
  for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{100}, 2 * kPieceBytes + 1, kSize - 1}) {
    server_.behave("/file");
    server_.misbehave("/file", {.flip_file_byte = at});
    expect_error(fetch(promised()), ErrorKind::kChecksum);
    EXPECT_FALSE(partial_is_here());
    EXPECT_FALSE(std::filesystem::exists(directory_ / "journal"));
  }
  server_.behave("/file");
  expect_right(fetch(promised()));
}

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

TEST_F(DownloadTest, Case11RefusesAPartThatIsEncoded) {
  fetch_some(kPieceBytes);
  server_.misbehave("/file", {.headers = {{"Content-Encoding", "gzip"}}, .ignore_range = true});
  expect_error(fetch(promised()), ErrorKind::kNetwork);
  server_.behave("/file");
  expect_right(fetch(promised()));
}

TEST_F(DownloadTest, Case17GoesOnAfterADrip) {
  server_.misbehave("/file", {}, 1);
  server_.misbehave("/file", {.drip = Seconds(0.05)}, 1);
  expect_right(fetch(promised()));
}

TEST_F(DownloadTest, OtherConnectionsJoinTwoThatAreSlow) {
  constexpr std::uint64_t kSpan = 32 * kPieceBytes;
  file_ = TestFile::sparse("", 2 * kSpan + 1);
  server_.serve("/file", file_);
  server_.misbehave("/file", {}, 1);
  server_.misbehave("/file", {.stall_at = 100'000}, 2);
  expect_right(fetch(promised()));
  std::vector<std::string> starts;
  for (const SeenRequest& request : server_.requests_for("/file")) {
    const std::string range = request.header("range");
    starts.push_back(range.substr(0, range.find('-')));
  }
  // The look, the two spans that stall, the last one meanwhile, and only then the rest of the first two.
  ASSERT_EQ(starts.size(), 6U);
  std::ranges::sort(starts.begin() + 1, starts.begin() + 3);
  EXPECT_EQ(starts[1], "bytes=0");
  EXPECT_EQ(starts[2], fmt::format("bytes={}", kSpan));
  EXPECT_EQ(starts[3], fmt::format("bytes={}", 2 * kSpan));
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

TEST_F(DownloadTest, Case2And24GoesOnWithinAPieceThatWasBegun) {
  fetch_some(3 * kPieceBytes / 2);
  const auto got = fetch(promised());
  expect_right(got);
  // Two connections, each with what it had not noted yet.
  EXPECT_LE(got->fetched, Bytes(kSize - 3 * kPieceBytes / 2 + 2 * kNotedBytes));
}

TEST_F(DownloadTest, Case28BeginsAPieceAnewOfWhichTheDiskSpoiledTheBeginning) {
  fetch_some(kPieceBytes / 2);
  write_text(directory_ / "partial", std::string(kSize, 'x'));
  const auto got = fetch(promised());
  expect_right(got);
  EXPECT_EQ(got->fetched, Bytes(kSize));
}

TEST_F(DownloadTest, Case31RefusesAPageInsteadOfAModel) {
  DownloadItem model = item("/page");
  model.is_gguf = true;
  server_.answer("/page", 200, "<html>Log in</html>", {{"Content-Type", "text/html"}});
  expect_error(fetch(model), ErrorKind::kBadInput);
  server_.answer("/page", 200, "<html>Log in</html>", {{"Content-Type", "application/octet-stream"}});
  expect_error(fetch(model), ErrorKind::kBadInput);
  EXPECT_FALSE(partial_is_here());
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

TEST_F(DownloadTest, WithoutAnyValidatorNeverJoinsTwoAnswers) {
  file_.etag.clear();
  server_.serve("/file", file_);
  server_.misbehave("/file", {}, 1);
  server_.misbehave("/file", {.ignore_range = true, .close_at = 2 * kPieceBytes}, 1);
  expect_error(fetch(item()), ErrorKind::kNetwork);
  server_.forget_requests();
  const auto got = fetch(item());
  expect_right(got);
  EXPECT_EQ(got->fetched, Bytes(kSize));
}

TEST_F(DownloadTest, AcceptsAModelOnlyIfAllItsWeightsAreThere) {
  TestFile model = test_model("smollm2-135m-instruct", "Q4_K_M");
  DownloadItem whole = item("/model");
  whole.is_gguf = true;
  model.size -= 1;
  server_.serve("/model", model);
  expect_error(fetch(whole), ErrorKind::kBadInput);
  EXPECT_FALSE(partial_is_here());
  model.size += 1;
  server_.serve("/model", model);
  EXPECT_TRUE(fetch(whole));
}

}  // namespace
}  // namespace tokcast
