#include "forecast/estimated.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

Profile measured_profile(double bandwidth, double plain, double best) {
  Profile profile;
  profile.rates.emplace();
  for (const std::uint32_t threads : {1U, 4U}) {
    const double share = threads / 4.0;
    profile.rates->bandwidth.push_back({threads, std::nullopt, {.median = bandwidth * share}});
    profile.rates->dot.push_back({"int8", "generic", threads, {.median = plain * share}});
    profile.rates->dot.push_back({"int8", "avx2", threads, {.median = best * share}});
  }
  return profile;
}

double decode_cost(const Profile& profile, std::uint32_t threads, GgmlType type = GgmlType::kQ4_K) {
  return cost_at(estimated_rates(profile, threads)->types.at(type), 1);
}

TEST(EstimatedRates, NeedMeasuredRates) {
  const auto rates = estimated_rates(Profile{}, 2);
  ASSERT_FALSE(rates);
  EXPECT_EQ(rates.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(rates.error().fix.find("tokcast probe"), std::string::npos);
}

TEST(EstimatedRates, MemoryAndArithmeticBothLimitADecodeStep) {
  const double base = decode_cost(measured_profile(30e9, 200e9, 800e9), 4);
  EXPECT_LT(decode_cost(measured_profile(60e9, 200e9, 800e9), 4), base);
  EXPECT_LT(decode_cost(measured_profile(30e9, 400e9, 800e9), 4), base);
}

TEST(EstimatedRates, BetterInstructionsSpeedPrefillButNotDecode) {
  const Profile plain = measured_profile(30e9, 200e9, 250e9);
  const Profile better = measured_profile(30e9, 200e9, 900e9);
  EXPECT_DOUBLE_EQ(decode_cost(plain, 4), decode_cost(better, 4));
  const auto at_128 = [](const Profile& profile) {
    return cost_at(estimated_rates(profile, 4)->types.at(GgmlType::kQ4_K), 128);
  };
  EXPECT_LT(at_128(better), at_128(plain));
}

TEST(EstimatedRates, MatrixUnitsSpeedThePrefillOfTypesThatHaveKernelsForThem) {
  const Profile plain = measured_profile(30e9, 200e9, 900e9);
  Profile tiles = plain;
  tiles.rates->dot.push_back({"int8", "amx-int8", 4, {.median = 9e12}});
  const auto at_128 = [](const Profile& profile, GgmlType type) {
    return cost_at(estimated_rates(profile, 4)->types.at(type), 128);
  };
  for (const GgmlType type : {GgmlType::kQ8_0, GgmlType::kQ4_0, GgmlType::kQ4_K})
    EXPECT_LT(at_128(tiles, type), at_128(plain, type)) << geometry(type).name;
  EXPECT_DOUBLE_EQ(at_128(tiles, GgmlType::kIQ2_XS), at_128(plain, GgmlType::kIQ2_XS));
  EXPECT_DOUBLE_EQ(decode_cost(tiles, 4), decode_cost(plain, 4));
}

TEST(EstimatedRates, FewerThreadsThanMeasuredAreSlower) {
  const Profile profile = measured_profile(30e9, 200e9, 800e9);
  EXPECT_NEAR(decode_cost(profile, 1) / decode_cost(profile, 4), 4, 1e-9);
  EXPECT_GT(decode_cost(profile, 2), decode_cost(profile, 4));
}

TEST(EstimatedRates, MoreThreadsThanMeasuredAreNoQuicker) {
  const Profile profile = measured_profile(30e9, 200e9, 800e9);
  EXPECT_DOUBLE_EQ(decode_cost(profile, 64), decode_cost(profile, 4));
}

TEST(EstimatedRates, CostsNeverFallWithMoreRows) {
  const auto rates = estimated_rates(measured_profile(30e9, 200e9, 800e9), 4);
  ASSERT_TRUE(rates);
  for (const auto& [type, cost] : rates->types) {
    for (std::size_t i = 1; i < cost.size(); ++i) {
      EXPECT_GE(cost[i].seconds, cost[i - 1].seconds) << geometry(type).name;
    }
  }
}

TEST(EstimatedRates, KnowThatValuesBesideVectorsAreSlow) {
  Profile profile = measured_profile(30e9, 200e9, 800e9);
  EXPECT_EQ(estimated_rates(profile, 4)->head_rest->vector_values, 32U);
  profile.rates->dot.push_back({"int8", "avx512vnni", 4, {.median = 900e9}});
  const auto rates = estimated_rates(profile, 4);
  EXPECT_EQ(rates->head_rest->vector_values, 64U);
  EXPECT_GT(rates->head_rest->decode_seconds, 10 * rates->decode_attention_seconds);
}

}  // namespace
}  // namespace tokcast
