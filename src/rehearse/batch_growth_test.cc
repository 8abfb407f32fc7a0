#include "rehearse/batch_growth.h"

#include <gtest/gtest.h>

#include "model/naming.h"

namespace tokcast {
namespace {

const Shape& dense() {
  static const Shape shape = *find_shape("tinyllama-1.1b-chat:Q4_K_M");
  return shape;
}

TEST(BatchGrowth, WithoutAMeasurementIsThatOfAllModels) {
  const Shape mixture = *find_shape("qwen3-30b-a3b:Q4_K_M");
  EXPECT_DOUBLE_EQ(batch_growth(dense(), std::nullopt).mean, 4.1);
  EXPECT_LT(batch_growth(mixture, std::nullopt).mean, 4) << "experts meet more tokens each";
}

TEST(BatchGrowth, ComparesLayersWithoutTheOutputMatrix) {
  // 20 ms of output matrix beside layers that take 4.1 times as long.
  const Estimate growth =
      batch_growth(dense(), BatchSeen{.quarter = 0.120, .full = 0.430, .constant = 0.020});
  EXPECT_NEAR(growth.mean, 4.1, 1e-9);
  const auto whole = full_batch(around(Seconds(1.020), 0.9, 1.1), 0.020, growth);
  EXPECT_NEAR(whole.expected.value, 0.020 + 4.1, 1e-6);
}

TEST(BatchGrowth, AMeasurementAndWhatIsUsualBothCount) {
  const Estimate growth = batch_growth(dense(), BatchSeen{.quarter = 1, .full = 5, .constant = 0});
  EXPECT_GT(growth.mean, 4.2);
  EXPECT_LT(growth.mean, 4.8);
  EXPECT_LT(growth.deviation, 0.05 * 4.1) << "two that agree are better than one";
}

TEST(BatchGrowth, AMeasurementThatCannotBeIsNotCounted) {
  EXPECT_EQ(batch_growth(dense(), BatchSeen{.quarter = 1, .full = 5, .constant = 1}).mean, 4.1);
  EXPECT_EQ(batch_growth(dense(), BatchSeen{.quarter = 1, .full = 0.9, .constant = 0}).mean, 4.1);
}

TEST(BatchGrowth, ItsUncertaintyWidensTheInterval) {
  const auto whole = full_batch(around(Seconds(1), 0.9, 1.2), 0, {4, 0.4});
  EXPECT_LT(whole.low.value, 4 * 0.9);
  EXPECT_GT(whole.low.value, 4 * 0.75);
  EXPECT_GT(whole.high.value, 4 * 1.2);
  EXPECT_LT(whole.high.value, 4 * 1.37);
}

}  // namespace
}  // namespace tokcast
