#include "rehearse/statistics.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

TEST(Statistics, AHiccupDoesNotMoveTheQuietTime) {
  EXPECT_DOUBLE_EQ(quiet({10, 10, 10, 10, 900}), 10);
  EXPECT_DOUBLE_EQ(quiet({50, 34}), 34) << "of two, the least, not something between";
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
