#include "rehearse/extrapolate.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

constexpr double kExact = 1e-6;

TEST(Extrapolate, OneKindIsTheStraightLineThroughBothSkeletons) {
  // outside 5, a layer 3: the prior says otherwise and must give way.
  const std::vector<Unknown> unknowns{{1, 0.5}, {1, 0.5}};
  const auto whole = extrapolate(unknowns, {{1, 1}, 8, kExact}, {{1, 3}, 14, kExact}, {1, 32});
  EXPECT_NEAR(whole.seconds, 5 + 32 * 3, 0.01);
}

TEST(Extrapolate, TellsTwoKindsApartWhereTheSmallSkeletonHasOnlyOne) {
  // A rich layer costs 4 times a plain one although its work is only 1.2 times: as unpacked kernels do in
  // prefill. Nearly nothing lies outside.
  const std::vector<Unknown> unknowns{{0.01, 0.5}, {1, 0.6}, {1.2, 0.6}};
  const auto whole = extrapolate(unknowns, {{1, 1, 0}, 1, kExact}, {{1, 2, 1}, 6, kExact}, {1, 16, 16});
  EXPECT_NEAR(whole.seconds, 16 * 1 + 16 * 4, 1.0);
}

TEST(Extrapolate, SplitsAlikeKindsByTheirWorkWhereNothingElseTells) {
  const std::vector<Unknown> unknowns{{2, 0.5}, {1, 0.15}, {1.1, 0.15}};
  const auto whole = extrapolate(unknowns, {{1, 1, 0}, 3, kExact}, {{1, 2, 1}, 5.1, kExact}, {1, 10, 10});
  EXPECT_NEAR(whole.seconds, 2 + 10 + 11, 0.3);
}

TEST(Extrapolate, DeviatesMoreWithNoise) {
  const std::vector<Unknown> unknowns{{1, 0.5}, {1, 0.5}};
  const auto exact = extrapolate(unknowns, {{1, 1}, 8, 0.01}, {{1, 3}, 14, 0.01}, {1, 32});
  const auto noisy = extrapolate(unknowns, {{1, 1}, 8, 0.4}, {{1, 3}, 14, 0.4}, {1, 32});
  EXPECT_GT(noisy.deviation, 5 * exact.deviation);
  EXPECT_LT(exact.deviation / exact.seconds, 0.01);
}

TEST(Extrapolate, DeviatesMoreWhereKindsAreOutOfProportion) {
  const std::vector<Unknown> unknowns{{1, 0.5}, {1, 0.6}, {1, 0.6}};
  const Measured small{{1, 1, 1}, 3, 0.01};
  const Measured large{{1, 2, 2}, 5, 0.01};
  const auto in_proportion = extrapolate(unknowns, small, large, {1, 16, 16});
  const auto out_of_it = extrapolate(unknowns, small, large, {1, 8, 24});
  EXPECT_GT(out_of_it.deviation, 5 * in_proportion.deviation);
}

TEST(Extrapolate, NoiseNeverMakesTheWholeQuickerThanAPart) {
  const std::vector<Unknown> unknowns{{1, 0.5}, {1, 0.5}};
  const auto whole = extrapolate(unknowns, {{1, 1}, 9, kExact}, {{1, 3}, 8.9, kExact}, {1, 32});
  EXPECT_GE(whole.seconds, 8.9);
}

TEST(Extrapolate, FindsAPartOfTheSkeletonsToo) {
  const std::vector<Unknown> unknowns{{1, 0.5}, {1, 0.5}};
  const auto outside = extrapolate(unknowns, {{1, 1}, 8, kExact}, {{1, 3}, 14, kExact}, {1, 0});
  EXPECT_NEAR(outside.seconds, 5, 0.01);
  const auto none = extrapolate(unknowns, {{1, 1}, 4, kExact}, {{1, 3}, 14, kExact}, {1, 0});
  EXPECT_EQ(none.seconds, 0) << "not less than nothing";
}

}  // namespace
}  // namespace tokcast
