#include "base/checked.h"

#include <gtest/gtest.h>

#include <limits>

namespace tokcast {
namespace {

constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();

TEST(Checked, AddsAndMultipliesWhatFits) {
  EXPECT_EQ(checked_add(40, 2), 42U);
  EXPECT_EQ(checked_multiply(6, 7), 42U);
  EXPECT_EQ(checked_round_up(33, 32), 64U);
  EXPECT_EQ(checked_round_up(64, 32), 64U);
}

TEST(Checked, SaysNothingRatherThanWrap) {
  EXPECT_EQ(checked_add(kMax, 1), std::nullopt);
  EXPECT_EQ(checked_multiply(1ULL << 33U, 1ULL << 31U), std::nullopt);
  EXPECT_EQ(checked_round_up(kMax - 3, 32), std::nullopt);
}

}  // namespace
}  // namespace tokcast
