// Downloads from servers that misbehave. Case numbers: download_test.cc.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "fetch/download_test_util.h"

namespace tokcast {
namespace {

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

TEST_F(DownloadTest, Case31RefusesAPageInsteadOfAModel) {
  DownloadItem model = item("/page");
  model.is_gguf = true;
  server_.answer("/page", 200, "<html>Log in</html>", {{"Content-Type", "text/html"}});
  expect_error(fetch(model), ErrorKind::kBadInput);
  server_.answer("/page", 200, "<html>Log in</html>", {{"Content-Type", "application/octet-stream"}});
  expect_error(fetch(model), ErrorKind::kBadInput);
  EXPECT_FALSE(partial_is_here());
}

}  // namespace
}  // namespace tokcast
