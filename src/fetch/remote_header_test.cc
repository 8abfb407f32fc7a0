#include "fetch/remote_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fetch/test_clock_test_util.h"
#include "fetch/test_model_test_util.h"
#include "fetch/test_server_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMebiBytes = 1U << 20U;

class RemoteHeader : public testing::Test {
 protected:
  RemoteHeader() { server_.serve("/m.gguf", file_); }

  Result<std::unique_ptr<RemoteSource>> open(std::string_view path = "/m.gguf") {
    return open_remote_source(*client_, {.request = {.url = server_.url(path)}, .name = "m.gguf"}, clock_);
  }
  static Result<std::string> read(RemoteSource& source, std::uint64_t offset, std::uint64_t length) {
    std::string out(length, '\0');
    if (auto got = source.read(offset, std::as_writable_bytes(std::span(out))); !got)
      return std::unexpected(got.error());
    return out;
  }
  // Reads here and there, and compares with the file.
  void expect_good(RemoteSource& source) {
    for (const std::uint64_t offset : {std::uint64_t{0}, kMebiBytes - 5, 3 * kMebiBytes, file_.size - 100}) {
      const auto got = read(source, offset, 100);
      ASSERT_TRUE(got) << describe(got.error());
      EXPECT_TRUE(*got == file_.bytes(offset, 100)) << offset;
    }
  }
  ErrorKind open_failure() {
    const auto source = open();
    EXPECT_FALSE(source);
    return source ? ErrorKind::kUsage : source.error().kind;
  }

  TestFile file_ = TestFile::sparse("GGUF", 40 * kMebiBytes);
  TestServer server_{};
  TestClock clock_{};
  std::unique_ptr<HttpClient> client_ = curl_http_client({.stall_limit = Seconds(0.4)});
};

TEST_F(RemoteHeader, ReadsAnywhereAndKnowsTheSizeAtOnce) {
  const auto source = open();
  ASSERT_TRUE(source) << describe(source.error());
  EXPECT_EQ((*source)->size(), Bytes(file_.size));
  EXPECT_EQ((*source)->validator(), "\"v1\"");
  expect_good(**source);
}

TEST_F(RemoteHeader, ReadsAheadSoThatManyReadsAreFewRequests) {
  const auto source = open();
  ASSERT_TRUE(source);
  for (std::uint64_t offset = 0; offset < 10 * kMebiBytes; offset += 64 << 10) {
    ASSERT_EQ(read(**source, offset, 64 << 10).value(), file_.bytes(offset, 64 << 10));
  }
  EXPECT_EQ(server_.requests().size(), 3);
  EXPECT_EQ(server_.body_bytes(), 10 * kMebiBytes);
}

TEST_F(RemoteHeader, DoesNotFetchWhatIsJumpedOver) {
  const auto source = open();
  ASSERT_TRUE(source);
  ASSERT_TRUE(read(**source, 30 * kMebiBytes, 8));
  EXPECT_EQ(server_.requests().size(), 2);
  EXPECT_EQ(server_.body_bytes(), 5 * kMebiBytes);
}

TEST_F(RemoteHeader, SaysThatTheFileEndsBefore) {
  server_.serve("/short", TestFile::of("GGUF and no more"));
  server_.serve("/empty", TestFile::of(""));
  const auto shorter = open("/short");
  ASSERT_TRUE(shorter) << describe(shorter.error());
  EXPECT_EQ((*shorter)->size(), Bytes(16));
  EXPECT_EQ(read(**shorter, 0, 16), "GGUF and no more");
  EXPECT_EQ(read(**shorter, 0, 17).error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(read(**shorter, 1000, 1).error().kind, ErrorKind::kBadInput);
  const auto empty = open("/empty");
  ASSERT_TRUE(empty) << describe(empty.error());
  EXPECT_EQ((*empty)->size(), Bytes(0));
  EXPECT_EQ(read(**empty, 0, 1).error().kind, ErrorKind::kBadInput);
}

TEST_F(RemoteHeader, Case5ReadsFromAServerThatIgnoresRanges) {
  server_.misbehave("/m.gguf", {.ignore_range = true});
  const auto source = open();
  ASSERT_TRUE(source) << describe(source.error());
  EXPECT_EQ((*source)->size(), Bytes(file_.size));
  expect_good(**source);
}

TEST_F(RemoteHeader, Case6RefusesAnotherRangeThanItAskedFor) {
  for (const std::int64_t shift : {1, 1000}) {
    server_.misbehave("/m.gguf", {.shift_range = shift});
    EXPECT_EQ(open_failure(), ErrorKind::kNetwork);
    server_.behave("/m.gguf");
    server_.misbehave("/m.gguf", {.shift_range_text = shift});
    EXPECT_EQ(open_failure(), ErrorKind::kNetwork);
    server_.behave("/m.gguf");
  }
}

TEST_F(RemoteHeader, Case7NoticesThatTheFileChangedMeanwhile) {
  const auto source = open();
  ASSERT_TRUE(source);
  server_.misbehave("/m.gguf", {.etag = "\"v2\""}, 1);
  const auto other_tag = read(**source, 2 * kMebiBytes, 8);
  ASSERT_FALSE(other_tag);
  EXPECT_EQ(other_tag.error().kind, ErrorKind::kNetwork);
  EXPECT_THAT(other_tag.error().message, HasSubstr("changed"));
  server_.misbehave("/m.gguf", {.shift_total = 5});
  EXPECT_EQ(read(**source, 2 * kMebiBytes, 8).error().kind, ErrorKind::kNetwork);
}

TEST_F(RemoteHeader, Case8TakesAWeakETagForWhatItIs) {
  server_.misbehave("/m.gguf", {.etag = "W/\"v1\""});
  const auto source = open();
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->validator(), "W/\"v1\"");
  expect_good(**source);
  for (const SeenRequest& seen : server_.requests()) EXPECT_EQ(seen.header("if-range"), "");
}

TEST_F(RemoteHeader, Case9ReadsFromAServerThatTellsNoLength) {
  server_.misbehave("/m.gguf", {.ignore_range = true, .chunked = true});
  const auto source = open();
  ASSERT_TRUE(source) << describe(source.error());
  EXPECT_EQ((*source)->size(), std::nullopt);
  expect_good(**source);
}

TEST_F(RemoteHeader, Case10And18TriesAgainAfterABodyThatIsCutOff) {
  server_.misbehave("/m.gguf", {.close_at = 1000}, 1);
  server_.misbehave("/m.gguf", {.reset_at = 5000}, 1);
  server_.misbehave("/m.gguf", {.stall_at = 9000}, 1);
  const auto source = open();
  ASSERT_TRUE(source) << describe(source.error());
  EXPECT_EQ(clock_.waits, (std::vector<double>{1, 2, 4}));
  expect_good(**source);
}

TEST_F(RemoteHeader, Case11RefusesABodyThatIsEncoded) {
  server_.misbehave("/m.gguf", {.headers = {{"Content-Encoding", "gzip"}}});
  EXPECT_EQ(open_failure(), ErrorKind::kNetwork);
}

TEST_F(RemoteHeader, Case14And15WaitsAndAsksAgain) {
  server_.misbehave("/m.gguf", {.status = 429, .headers = {{"Retry-After", "11"}}}, 1);
  server_.misbehave("/m.gguf", {.status = 503}, 2);
  const auto source = open();
  ASSERT_TRUE(source) << describe(source.error());
  EXPECT_EQ(clock_.waits, (std::vector<double>{11, 2, 4}));
}

TEST_F(RemoteHeader, Case31RefusesAWebPage) {
  server_.answer("/page", 200, "<!doctype html><html>Log in</html>",
                 {{"Content-Type", "text/html; charset=utf-8"}});
  const auto page = open("/page");
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().kind, ErrorKind::kBadInput);
  EXPECT_THAT(page.error().message, HasSubstr("web page"));
}

TEST_F(RemoteHeader, FollowsARedirectOnceAndGoesBackWhenTheSignatureExpired) {
  server_.redirect("/start", "/m.gguf");
  const auto source = open("/start");
  ASSERT_TRUE(source);
  EXPECT_EQ(server_.requests_for("/start").size(), 1);
  ASSERT_TRUE(read(**source, 2 * kMebiBytes, 8));
  EXPECT_EQ(server_.requests_for("/start").size(), 1);
  server_.misbehave("/m.gguf", {.status = 403}, 1);
  const auto again = read(**source, 20 * kMebiBytes, 8);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_EQ(server_.requests_for("/start").size(), 2);
}

TEST_F(RemoteHeader, SaysWhatARefusalMeans) {
  server_.misbehave("/m.gguf", {.status = 404}, 1);
  EXPECT_EQ(open_failure(), ErrorKind::kNotFound);
  server_.misbehave("/m.gguf", {.status = 403}, 1);
  EXPECT_EQ(open_failure(), ErrorKind::kUnsupported);
  server_.misbehave("/m.gguf", {.status = 404, .body = std::string(10 * kMebiBytes, 'x')}, 1);
  EXPECT_EQ(open_failure(), ErrorKind::kNotFound);
}

TEST_F(RemoteHeader, ComparesTheSizeWithTheOneThatWasListed) {
  const auto source = open_remote_source(
      *client_, {.request = {.url = server_.url("/m.gguf")}, .name = "m.gguf", .size = Bytes(file_.size + 1)},
      clock_);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().kind, ErrorKind::kNetwork);
}

TEST(Validator, IsTheBestIdentityThereIs) {
  HttpHead head{.headers = {{"last-modified", "yesterday"}, {"content-range", "bytes 0-1/100"}}};
  EXPECT_EQ(validator_of(head), "yesterday 100");
  head.headers = {{"last-modified", "yesterday"}, {"content-length", "100"}};
  EXPECT_EQ(validator_of(head), "yesterday 100");
  head.headers.emplace_back("etag", "\"a\"");
  EXPECT_EQ(validator_of(head), "\"a\"");
  head.linked = {{"x-linked-etag", "\"b\""}};
  EXPECT_EQ(validator_of(head), "\"b\"");
  EXPECT_EQ(validator_of({}), "");
}

}  // namespace
}  // namespace tokcast
