// Downloads: whole, gone on with, of files that change. Cases, here and in download_disk_test.cc and
// download_server_test.cc, are those of a list of what broke other downloaders, by its numbers.
#include "fetch/download.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "fetch/download_test_util.h"
#include "fetch/test_model_test_util.h"

namespace tokcast {
namespace {

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

TEST_F(DownloadTest, Case2And24GoesOnWithinAPieceThatWasBegun) {
  fetch_some(3 * kPieceBytes / 2);
  const auto got = fetch(promised());
  expect_right(got);
  // Two connections, each with what it had not noted yet.
  EXPECT_LE(got->fetched, Bytes(kSize - 3 * kPieceBytes / 2 + 2 * kNotedBytes));
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
