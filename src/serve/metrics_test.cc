#include "serve/metrics.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "base/text.h"

namespace tokcast {
namespace {

TEST(Metrics, CountersGaugesAndHistogramsAreWritten) {
  Metrics metrics;
  metrics.count(Counter::kTurns, "done");
  metrics.count(Counter::kTurns, "done");
  metrics.count(Counter::kTokensOut, {}, 7);
  metrics.set(Gauge::kQueued, 3);
  metrics.observe(Histogram::kTurn, Seconds(0.3));
  metrics.observe(Histogram::kTurn, Seconds(1000));
  const std::string text = metrics.text("1.2.3");
  for (const char* line :
       {"tokcast_build_info{version=\"1.2.3\"} 1\n", "tokcast_turns_total{outcome=\"done\"} 2\n",
        "tokcast_reply_tokens_total 7\n", "tokcast_queued_turns 3\n",
        "tokcast_turn_seconds_bucket{le=\"0.25\"} 0\n", "tokcast_turn_seconds_bucket{le=\"0.5\"} 1\n",
        "tokcast_turn_seconds_bucket{le=\"+Inf\"} 2\n", "tokcast_turn_seconds_count 2\n",
        "# TYPE tokcast_turn_seconds histogram\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST(Metrics, EveryLineIsACommentOrASampleOfOurs) {
  Metrics metrics;
  for (const auto counter : {Counter::kHttpRequests, Counter::kAccountsDropped}) metrics.count(counter, "x");
  for (const auto gauge : {Gauge::kConnections, Gauge::kOpenDescriptors}) metrics.set(gauge, 1);
  for (const auto histogram : {Histogram::kQueueWait, Histogram::kFirstAudio})
    metrics.observe(histogram, Seconds(1));
  std::set<std::string> families;
  const std::string text = metrics.text("v");
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    if (line.starts_with("# TYPE ")) {
      EXPECT_TRUE(families.insert(std::string(split(line, ' ')[2])).second) << line;
    } else if (!line.starts_with("# HELP tokcast_")) {
      EXPECT_TRUE(line.starts_with("tokcast_")) << line;
      EXPECT_TRUE(parse_double(line.substr(line.rfind(' ') + 1))) << line;
    }
  }
  EXPECT_GT(families.size(), 15U);
}

}  // namespace
}  // namespace tokcast
