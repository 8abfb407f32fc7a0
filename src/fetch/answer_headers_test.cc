#include "fetch/answer_headers.h"

#include <gtest/gtest.h>

#include "fetch/test_server_test_util.h"

namespace tokcast {
namespace {

HttpHead head_with(const std::string& name, const std::string& value) {
  return {.status = 206, .url = "https://example.org/file", .headers = {{name, value}}};
}

Result<ContentRange> checked(const std::string& text, ByteRange asked,
                             std::optional<Bytes> total = std::nullopt) {
  return check_range(head_with("content-range", text), asked, total);
}

TEST(ContentRange, IsReadAsItStands) {
  const auto range = parse_content_range("bytes 5-9/100");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->range.first, 5);
  EXPECT_EQ(range->range.last, 9);
  EXPECT_EQ(range->total, Bytes(100));
  EXPECT_EQ(parse_content_range("bytes 5-9/*")->total, std::nullopt);
  EXPECT_EQ(parse_unsatisfied_range("bytes */100"), Bytes(100));
}

TEST(ContentRange, IsNothingIfItIsMalformed) {
  for (const char* text :
       {"", "bytes", "bytes 5-9", "bytes 9-5/100", "bytes 5-100/100", "bytes -5/100", "bytes 5-/100",
        "items 5-9/100", "bytes 5-9/100 ", "bytes 5-99999999999999999999/*", "bytes */100"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
  EXPECT_FALSE(parse_unsatisfied_range("bytes 0-1/2"));
}

TEST(ContentRange, Case6MustBeginAndEndWhereItWasAsked) {
  EXPECT_TRUE(checked("bytes 5-9/100", {5, 9}));
  EXPECT_TRUE(checked("bytes 5-9/10", {5, 20}));  // the file ends there
  EXPECT_TRUE(checked("bytes 5-9/100", {5, 9}, Bytes(100)));
  for (const char* text : {"bytes 4-9/100", "bytes 6-9/100", "bytes 5-8/100", "bytes 5-10/100",
                           "bytes 0-99/100", "", "bytes 5-9/101"}) {
    const auto range = checked(text, {5, 9}, Bytes(100));
    ASSERT_FALSE(range) << text;
    EXPECT_EQ(range.error().kind, ErrorKind::kNetwork);
  }
  EXPECT_FALSE(check_range({.status = 206}, {5, 9}, std::nullopt));
}

TEST(ETag, Case8IsStrongOnlyWithItsQuotes) {
  EXPECT_EQ(strong_etag(head_with("etag", "\"abc\"")), "\"abc\"");
  EXPECT_EQ(strong_etag(head_with("etag", "W/\"abc\"")), std::nullopt);
  EXPECT_EQ(strong_etag(head_with("etag", "abc")), std::nullopt);
  EXPECT_EQ(strong_etag(head_with("etag", "\"\"")), std::nullopt);
  EXPECT_EQ(strong_etag(head_with("date", "x")), std::nullopt);
  EXPECT_EQ(bare_etag("W/\"abc\""), "abc");
  EXPECT_EQ(bare_etag("\"abc\""), "abc");
  EXPECT_EQ(bare_etag("abc"), "abc");
}

TEST(WaitTold, PrefersRetryAfterAndTakesADateInThePastAsNow) {
  EXPECT_EQ(wait_told(head_with("retry-after", "120"), 0), Seconds(120));
  EXPECT_EQ(wait_told(head_with("retry-after", "Thu, 01 Jan 1970 00:01:00 GMT"), 30), Seconds(30));
  EXPECT_EQ(wait_told(head_with("retry-after", "Thu, 01 Jan 1970 00:01:00 GMT"), 90), Seconds(0));
  EXPECT_EQ(wait_told(head_with("ratelimit", "\"api\";r=0;t=55"), 0), Seconds(55));
  EXPECT_EQ(wait_told(head_with("ratelimit", "\"api\";r=9;t=55"), 0), std::nullopt);
  EXPECT_EQ(wait_told(head_with("ratelimit-reset", "55"), 0), Seconds(55));
  EXPECT_EQ(wait_told(head_with("ratelimit-reset", "x"), 0), std::nullopt);
  EXPECT_EQ(wait_told({}, 0), std::nullopt);
}

TEST(NextLink, IsTheOneThatIsCalledNext) {
  EXPECT_EQ(next_link("<https://hub/a?cursor=b>; rel=\"next\""), "https://hub/a?cursor=b");
  EXPECT_EQ(next_link("<https://hub/0>; rel=\"prev\", <https://hub/2>; rel=\"next\""), "https://hub/2");
  EXPECT_EQ(next_link("<https://hub/2>; rel=\"next\", <https://hub/0>; rel=\"prev\""), "https://hub/2");
  for (const char* text :
       {"", "<", "<https://hub/a", "<https://hub/a>", "https://hub/a; rel=next", "<a>; rel=prev"}) {
    EXPECT_EQ(next_link(text), std::nullopt) << text;
  }
}

TEST(WebPage, IsToldByItsType) {
  EXPECT_TRUE(is_web_page(head_with("content-type", "Text/HTML; charset=utf-8")));
  EXPECT_FALSE(is_web_page(head_with("content-type", "application/octet-stream")));
  EXPECT_FALSE(is_web_page({}));
}

}  // namespace
}  // namespace tokcast
