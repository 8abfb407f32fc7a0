#include "fetch/retry.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "fetch/answer_headers.h"
#include "fetch/test_clock_test_util.h"
#include "fetch/test_server_test_util.h"
#include "fetch/text_answer.h"

namespace tokcast {
namespace {

HttpHead answer(int status, TestHeaders headers = {}) {
  return {.status = status, .url = "https://example.org/file", .headers = std::move(headers)};
}

const Error broken{ErrorKind::kNetwork, "the connection broke"};

class RetryTest : public testing::Test {
 protected:
  TestClock clock_{};
  Retry retry_{RetryOptions{}, clock_};
};

TEST_F(RetryTest, WaitsLongerEachTimeAndThenGivesUp) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(retry_.wait_after(broken));
  const auto last = retry_.wait_after(broken);
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().message, broken.message);
  EXPECT_EQ(clock_.waits, (std::vector<double>{1, 2, 4, 8, 16}));
}

TEST_F(RetryTest, Case16CallsAServerThatStallsAgainAndAgainABrokenNetwork) {
  Retry once({.attempts = 1}, clock_);
  EXPECT_EQ(once.wait_after(Error{ErrorKind::kTimeout, "nothing came"}).error().kind, ErrorKind::kNetwork);
}

TEST_F(RetryTest, StartsAnewOnceBytesCame) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(retry_.wait_after(broken));
  retry_.progress();
  EXPECT_TRUE(retry_.wait_after(broken));
  EXPECT_EQ(clock_.waits.back(), 1);
}

TEST_F(RetryTest, DoesNotRepeatWhatWouldFailAgain) {
  for (const ErrorKind kind :
       {ErrorKind::kUsage, ErrorKind::kDiskFull, ErrorKind::kChecksum, ErrorKind::kInterrupted}) {
    const auto waited = retry_.wait_after(Error{kind, "no"});
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().kind, kind);
  }
  EXPECT_EQ(retry_.wait_after(answer(404)).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(retry_.wait_after(answer(403)).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(retry_.wait_after(answer(501)).error().kind, ErrorKind::kNetwork);
  EXPECT_TRUE(clock_.waits.empty());
}

TEST_F(RetryTest, Case14WaitsAsLongAsTheServerSays) {
  EXPECT_TRUE(retry_.wait_after(answer(429, {{"retry-after", "7"}})));
  EXPECT_TRUE(retry_.wait_after(answer(503, {{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"}})));
  EXPECT_TRUE(retry_.wait_after(answer(429, {{"ratelimit", "\"api\";r=0;t=55"}})));
  EXPECT_EQ(clock_.waits, (std::vector<double>{7, 20, 55}));
}

TEST_F(RetryTest, Case14DoesNotWaitForHours) {
  const auto waited = retry_.wait_after(answer(429, {{"retry-after", "7200"}}));
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().kind, ErrorKind::kNetwork);
  EXPECT_TRUE(clock_.waits.empty());
}

TEST_F(RetryTest, Case14ChoosesItsOwnTimeWhereTheServerTalksNonsense) {
  EXPECT_TRUE(retry_.wait_after(answer(429, {{"retry-after", "soon"}})));
  EXPECT_TRUE(retry_.wait_after(answer(429, {{"retry-after", "-5"}})));
  EXPECT_EQ(clock_.waits, (std::vector<double>{1, 2}));
}

TEST_F(RetryTest, Case14And15GetsTheAnswerInTheEnd) {
  TestServer server;
  server.answer("/document", 200, "at last");
  server.misbehave("/document", {.status = 429, .headers = {{"Retry-After", "3"}}}, 1);
  server.misbehave("/document", {.status = 503}, 3);
  const auto client = curl_http_client();
  const auto text = get_text(*client, {.url = server.url("/document")}, kKibi, retry_);
  ASSERT_TRUE(text) << describe(text.error());
  EXPECT_EQ(text->body, "at last");
  EXPECT_EQ(clock_.waits, (std::vector<double>{3, 2, 4, 8}));
}

TEST_F(RetryTest, Case18TriesAgainAfterAReset) {
  TestServer server;
  server.answer("/document", 200, std::string(1000, 'x'));
  server.misbehave("/document", {.body = std::string(1000, 'x'), .reset_at = 500}, 2);
  const auto client = curl_http_client();
  const auto text = get_text(*client, {.url = server.url("/document")}, kKibi, retry_);
  ASSERT_TRUE(text) << describe(text.error());
  EXPECT_EQ(text->body, std::string(1000, 'x'));
  EXPECT_EQ(clock_.waits.size(), 2);
}

TEST_F(RetryTest, EndsWaitingAtAnInterrupt) {
  clock_.interrupted = true;
  EXPECT_EQ(retry_.wait_after(broken).error().kind, ErrorKind::kInterrupted);
}

TEST(TextAnswer, Case30RefusesWhatIsTooLarge) {
  TestServer server;
  server.serve("/endless", TestFile::sparse("[", 10ULL << 30U));
  const auto client = curl_http_client();
  Retry retry;
  const auto text = get_text(*client, {.url = server.url("/endless")}, kKibi, retry);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, ErrorKind::kBadInput);
}

}  // namespace
}  // namespace tokcast
