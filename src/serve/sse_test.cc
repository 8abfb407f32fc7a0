#include "serve/sse.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tokcast {
namespace {

std::vector<std::string> events_of(std::string_view text, std::size_t piece, std::size_t limit = 100) {
  SseParser parser{Bytes(limit)};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.size(); i += piece) {
    if (!parser.feed(text.substr(i, piece), [&](std::string_view data) { out.emplace_back(data); })) {
      out.emplace_back("TOO LONG");
      break;
    }
  }
  return out;
}

TEST(SseParser, EventsAreTheSameInPiecesOfAnySize) {
  const std::string_view text =
      ": a comment\n\ndata: one\n\nevent: x\ndata:two\r\ndata: lines\r\n\r\nid: 7\n\ndata\n\ndatum: "
      "no\n\rdata: [DONE]\r\r";
  const std::vector<std::string> expected{"one", "two\nlines", "", "[DONE]"};
  for (std::size_t piece = 1; piece <= text.size(); ++piece)
    EXPECT_EQ(events_of(text, piece), expected) << piece;
}

TEST(SseParser, AnEventWithoutItsEndIsNotReported) {
  EXPECT_TRUE(events_of("data: half\n", 3).empty());
}

TEST(SseParser, AnEventThatIsTooLongIsRefusedBeforeItIsKept) {
  EXPECT_EQ(events_of("data: " + std::string(200, 'x'), 10), std::vector<std::string>{"TOO LONG"});
  std::string lines;
  for (int i = 0; i < 30; ++i) lines += "data: 12345\n";
  EXPECT_EQ(events_of(lines, 7), std::vector<std::string>{"TOO LONG"});
}

}  // namespace
}  // namespace tokcast
