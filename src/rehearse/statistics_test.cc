#include "rehearse/statistics.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

TEST(Statistics, QuantilesLieBetweenOrderStatistics) {
  EXPECT_DOUBLE_EQ(quantile({3, 1, 2}, 0.5), 2);
  EXPECT_DOUBLE_EQ(quantile({1, 2}, 0.5), 1.5);
  EXPECT_DOUBLE_EQ(quantile({5}, 0.9), 5);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 0), 1);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 1), 4);
}

TEST(Statistics, AHiccupDoesNotMoveTheQuietTime) {
  EXPECT_DOUBLE_EQ(quiet({10, 10, 10, 10, 900}), 10);
}

TEST(Statistics, EqualSamplesStillDeviateByOnePercent) {
  EXPECT_DOUBLE_EQ(quiet_deviation({2, 2, 2}), 0.02);
}

TEST(Statistics, ScatteredSamplesDeviateMoreAndAlwaysTheSame) {
  const std::vector<double> scattered{10, 14, 11, 19, 12, 16};
  EXPECT_GT(quiet_deviation(scattered), 0.1);
  EXPECT_EQ(quiet_deviation(scattered), quiet_deviation(scattered));
}

}  // namespace
}  // namespace tokcast
