#include "rehearse/random_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace tokcast {
namespace {

// Half precision to float: enough for scales, which are normal numbers here.
float half(const std::byte* at) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, at, sizeof bits);
  const int exponent = (bits >> 10U) & 0x1FU;
  const float fraction = 1.0F + static_cast<float>(bits & 0x3FFU) / 1024.0F;
  return (bits & 0x8000U ? -1.0F : 1.0F) * std::ldexp(fraction, exponent - 15);
}

int half_exponent(const std::byte* at) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, at, sizeof bits);
  return (bits >> 10U) & 0x1FU;
}

struct ScaleAt {
  GgmlType type;
  std::vector<std::size_t> offsets;
};

TEST(RandomWeights, EveryBlockScaleIsANormalFiniteNumber) {
  const ScaleAt all[] = {{GgmlType::kQ4_0, {0}},    {GgmlType::kQ4_1, {0, 2}}, {GgmlType::kQ5_0, {0}},
                         {GgmlType::kQ5_1, {0, 2}}, {GgmlType::kQ8_0, {0}},    {GgmlType::kQ2_K, {80, 82}},
                         {GgmlType::kQ3_K, {108}},  {GgmlType::kQ4_K, {0, 2}}, {GgmlType::kQ5_K, {0, 2}},
                         {GgmlType::kQ6_K, {208}},  {GgmlType::kIQ2_XXS, {0}}, {GgmlType::kIQ2_XS, {0}},
                         {GgmlType::kIQ2_S, {0}},   {GgmlType::kIQ3_XXS, {0}}, {GgmlType::kIQ3_S, {0}},
                         {GgmlType::kIQ1_S, {0}},   {GgmlType::kIQ4_NL, {0}},  {GgmlType::kIQ4_XS, {0}},
                         {GgmlType::kTQ1_0, {52}},  {GgmlType::kTQ2_0, {64}}};
  for (const ScaleAt& scale : all) {
    const auto bytes = random_blocks(scale.type, 100, 7);
    const std::uint64_t step = geometry(scale.type).block_bytes;
    ASSERT_EQ(bytes.size(), 100 * step);
    for (std::size_t block = 0; block < 100; ++block) {
      for (const std::size_t offset : scale.offsets) {
        const int exponent = half_exponent(&bytes[block * step + offset]);
        EXPECT_GT(exponent, 0) << geometry(scale.type).name << ": denormal";
        EXPECT_LT(exponent, 31) << geometry(scale.type).name << ": infinite or not a number";
      }
    }
  }
}

TEST(RandomWeights, TheScatteredScaleOfIq1MIsLegalToo) {
  const auto bytes = random_blocks(GgmlType::kIQ1_M, 50, 3);
  for (std::size_t block = 0; block < 50; ++block) {
    std::uint16_t bits = 0;
    for (std::size_t word = 0; word < 4; ++word) {
      const auto high = static_cast<unsigned>(bytes[block * 56 + 48 + 2 * word + 1]) >> 4U;
      bits = static_cast<std::uint16_t>(bits | (high << (4 * word)));
    }
    EXPECT_EQ(bits, 0x0400) << "not 2^-14";
  }
}

TEST(RandomWeights, Q4KIsCentredOnZero) {
  // Mean of d * scale * quant - dmin * minimum, with uniform 6-bit scales and minimums and 4-bit quants.
  const auto bytes = random_blocks(GgmlType::kQ4_K, 1, 1);
  EXPECT_NEAR(half(&bytes[0]) * 7.5F, half(&bytes[2]), 1e-6);
}

TEST(RandomWeights, FloatsAreSmallFiniteAndOfBothSigns) {
  const auto bytes = random_blocks(GgmlType::kF16, 1000, 5);
  bool negative = false;
  bool positive = false;
  for (std::size_t i = 0; i < 1000; ++i) {
    const float value = half(&bytes[2 * i]);
    EXPECT_LT(std::abs(value), 0.1F);
    (value < 0 ? negative : positive) = true;
  }
  EXPECT_TRUE(negative && positive);
}

TEST(RandomWeights, NormsAreOneAndRoutersAreNot) {
  const auto norm = random_f32("blk.0.attn_norm.weight", 4, 1);
  const auto router = random_f32("blk.0.ffn_gate_inp.weight", 4, 1);
  std::vector<float> values(4);
  std::memcpy(values.data(), norm.data(), norm.size());
  EXPECT_EQ(values, (std::vector<float>{1, 1, 1, 1}));
  std::memcpy(values.data(), router.data(), router.size());
  EXPECT_NE(values[0], values[1]);
}

TEST(RandomWeights, AreTheSameForTheSameSeedOnly) {
  EXPECT_EQ(random_blocks(GgmlType::kQ6_K, 3, 9), random_blocks(GgmlType::kQ6_K, 3, 9));
  EXPECT_NE(random_blocks(GgmlType::kQ6_K, 3, 9), random_blocks(GgmlType::kQ6_K, 3, 10));
}

}  // namespace
}  // namespace tokcast
