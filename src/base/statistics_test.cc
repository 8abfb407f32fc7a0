#include "base/statistics.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

TEST(Quantile, LiesBetweenTheNeighboursInOrder) {
  EXPECT_DOUBLE_EQ(quantile({3, 1, 2}, 0.5), 2);
  EXPECT_DOUBLE_EQ(quantile({1, 2}, 0.5), 1.5);
  EXPECT_DOUBLE_EQ(quantile({5}, 0.9), 5);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 0), 1);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 1), 4);
}

}  // namespace
}  // namespace tokcast
