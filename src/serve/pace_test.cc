#include "serve/pace.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

// 10 ms a prompt token, 100 ms a reply token.
std::optional<TurnTimes> linear(const TurnSize& size) {
  const double first = 0.01 * static_cast<double>(size.prompt_tokens);
  const double turn = first + 0.1 * static_cast<double>(size.reply_tokens);
  return TurnTimes{around(Seconds(first), 0.8, 1.5), around(Seconds(turn), 0.8, 1.5)};
}

TurnActual actual(double ratio, std::uint64_t prompt = 100, std::uint64_t reply = 20) {
  const TurnSize size{.prompt_tokens = prompt, .reply_tokens = reply};
  return {.prompt_bytes = prompt * 4, .size = size, .turn = linear(size)->turn.expected * ratio};
}

TEST(Pace, TheForecastStandsUntilActualsPutItRight) {
  Pace pace(linear);
  const TurnSize size{.prompt_tokens = 100, .reply_tokens = 10};
  EXPECT_DOUBLE_EQ(pace.times(size)->turn.expected.value, 2);
  EXPECT_DOUBLE_EQ(pace.times(size)->turn.high.value, 3);
  EXPECT_FALSE(pace.correction());
  for (int i = 0; i < 10; ++i) pace.learn(actual(1.3));
  EXPECT_NEAR(*pace.correction(), 1.3, 1e-9);
  EXPECT_NEAR(pace.times(size)->turn.expected.value, 2.6, 1e-9);
  EXPECT_NEAR(pace.times(size)->turn.high.value, 2.6, 1e-9);
}

TEST(Pace, TheSpreadOfActualsBecomesTheInterval) {
  Pace pace(linear);
  for (int i = 0; i < 20; ++i) pace.learn(actual(i % 10 == 0 ? 2.0 : 1.0));
  const auto times = pace.times({.prompt_tokens = 100, .reply_tokens = 10});
  EXPECT_NEAR(times->turn.expected.value, 2, 1e-9);
  EXPECT_NEAR(times->turn.high.value, 4, 1e-9);
}

TEST(Pace, SizesAreGuessedFromBytesAndFromWhatRepliesWere) {
  Pace pace(linear, 40);
  EXPECT_EQ(pace.guess_size(350, std::nullopt).prompt_tokens, 100U);
  EXPECT_EQ(pace.guess_size(350, std::nullopt).reply_tokens, 40U);
  EXPECT_EQ(pace.guess_size(350, 8).reply_tokens, 8U);
  EXPECT_EQ(pace.guess_size(0, std::nullopt).prompt_tokens, 1U);
  // A vocabulary of bytes, and short replies.
  for (int i = 0; i < 50; ++i) {
    pace.learn({.prompt_bytes = 100, .size = {.prompt_tokens = 100, .reply_tokens = 5}, .turn = Seconds(1)});
  }
  EXPECT_NEAR(static_cast<double>(pace.guess_size(350, std::nullopt).prompt_tokens), 350, 5);
  EXPECT_EQ(pace.guess_size(350, std::nullopt).reply_tokens, 5U);
}

TEST(Pace, WithoutAForecastOnlyActualsCount) {
  Pace pace({});
  const TurnSize size{.prompt_tokens = 10, .reply_tokens = 10};
  EXPECT_FALSE(pace.times(size));
  for (int i = 0; i < 5; ++i)
    pace.learn({.size = {.prompt_tokens = 10, .reply_tokens = 20}, .turn = Seconds(4)});
  EXPECT_NEAR(pace.times(size)->turn.expected.value, 2, 1e-9);
}

TEST(Pace, TurnsThatWereCutSayNothingOfReplies) {
  Pace pace(linear, 40);
  pace.learn({.prompt_bytes = 100,
              .size = {.prompt_tokens = 25, .reply_tokens = 1},
              .turn = Seconds(9),
              .was_cut = true});
  EXPECT_EQ(pace.guess_size(10, std::nullopt).reply_tokens, 40U);
  EXPECT_FALSE(pace.correction());
}

}  // namespace
}  // namespace tokcast
