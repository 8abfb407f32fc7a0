#include "model/quant_mix.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

namespace tokcast {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;

Tensor tensor(const std::string& name, std::vector<std::uint64_t> dimensions) {
  return {.name = name, .type = GgmlType::kF16, .dimensions = std::move(dimensions)};
}

std::vector<Tensor> one_per_layer(std::string_view name, int layers, std::uint64_t row = 4096) {
  std::vector<Tensor> tensors;
  for (int layer = 0; layer < layers; ++layer)
    tensors.push_back(tensor(fmt::format("blk.{}.{}", layer, name), {row, 4096}));
  return tensors;
}

MixContext dense(std::uint32_t layers) {
  return {.architecture = "llama", .layers = layers, .heads = 32, .kv_heads = 32};
}

std::vector<GgmlType> types_after(std::vector<Tensor> tensors, std::string_view mix,
                                  const MixContext& context) {
  EXPECT_TRUE(apply_mix(tensors, mix, context));
  std::vector<GgmlType> types;
  for (const Tensor& each : tensors) types.push_back(each.type);
  return types;
}

GgmlType type_after(const Tensor& only, std::string_view mix, const MixContext& context) {
  return types_after({only}, mix, context).front();
}

TEST(QuantMix, Q4KMGivesMoreBitsToTheFirstAndLastEighthAndEveryThirdBetween) {
  using enum GgmlType;
  EXPECT_THAT(types_after(one_per_layer("ffn_down.weight", 16), "Q4_K_M", dense(16)),
              ElementsAre(kQ6_K, kQ6_K, kQ4_K, kQ4_K, kQ6_K, kQ4_K, kQ4_K, kQ6_K, kQ4_K, kQ4_K, kQ6_K, kQ4_K,
                          kQ4_K, kQ6_K, kQ6_K, kQ6_K));
}

TEST(QuantMix, LayersCountInTheirOrderNotInThatOfTheirNamesOrOfTheList) {
  std::vector<Tensor> tensors = one_per_layer("attn_v.weight", 12);
  std::ranges::reverse(tensors);
  std::vector<GgmlType> types = types_after(std::move(tensors), "Q3_K_M", dense(12));
  std::ranges::reverse(types);  // the first two of all get five bits
  EXPECT_EQ(types[0], GgmlType::kQ5_K);
  EXPECT_EQ(types[1], GgmlType::kQ5_K);
  EXPECT_THAT(std::span(types).subspan(2), Each(GgmlType::kQ4_K));
}

TEST(QuantMix, AnEmbeddingThatServesAsOutputIsTreatedAsOne) {
  const Tensor embedding = tensor("token_embd.weight", {2048, 32000});
  EXPECT_THAT(types_after({embedding}, "Q4_K_M", dense(1)), ElementsAre(GgmlType::kQ6_K));
  EXPECT_THAT(types_after({embedding, tensor("output.weight", {2048, 32000})}, "Q4_K_M", dense(1)),
              ElementsAre(GgmlType::kQ4_K, GgmlType::kQ6_K));
}

TEST(QuantMix, NormsRoutersAndBiasesKeepTheirType) {
  for (const std::string_view name : {"blk.0.attn_norm.weight", "blk.0.ffn_gate_inp.weight",
                                      "blk.0.attn_q.bias", "blk.0.ssm_a", "blk.0.ssm_conv1d.weight"}) {
    Tensor kept = tensor(std::string(name), {256, 256});
    kept.type = GgmlType::kF32;
    EXPECT_EQ(type_after(kept, "Q2_K", dense(1)), GgmlType::kF32) << name;
    EXPECT_EQ(type_after(kept, "F16", dense(1)), GgmlType::kF32) << name;
  }
}

TEST(QuantMix, RowsThatAreNotWholeBlocksFallBack) {
  const std::map<std::string, GgmlType> expected = {{"Q4_K_S", GgmlType::kQ5_0},  {"Q5_K_S", GgmlType::kQ5_1},
                                                    {"Q6_K", GgmlType::kQ8_0},    {"Q2_K_S", GgmlType::kQ4_0},
                                                    {"IQ3_S", GgmlType::kIQ4_NL}, {"Q8_0", GgmlType::kQ8_0}};
  for (const auto& [mix, type] : expected) {
    EXPECT_EQ(type_after(tensor("blk.0.ffn_up.weight", {896, 64}), mix, dense(1)), type) << mix;
    EXPECT_EQ(type_after(tensor("blk.0.ffn_up.weight", {900, 64}), mix, dense(1)), GgmlType::kF16) << mix;
  }
  EXPECT_EQ(type_after(tensor("output.weight", {896, 64}), "Q4_K_M", dense(1)), GgmlType::kQ8_0);
}

TEST(QuantMix, ValuesOfASeventyBillionModelGetFiveBits) {
  MixContext context = dense(80);
  const Tensor value = tensor("blk.40.attn_v.weight", {8192, 1024});
  EXPECT_EQ(type_after(value, "Q3_K_S", context), GgmlType::kQ3_K);
  context.kv_heads = 8;
  EXPECT_EQ(type_after(value, "Q3_K_S", context), GgmlType::kQ5_K);
}

TEST(QuantMix, EightExpertsKeepTheirAttentionInEightBits) {
  MixContext context = dense(32);
  context.experts = 8;
  EXPECT_EQ(type_after(tensor("blk.0.attn_v.weight", {4096, 1024}), "Q4_K_M", context), GgmlType::kQ8_0);
  EXPECT_EQ(type_after(tensor("blk.0.attn_k.weight", {4096, 1024}), "Q2_K", context), GgmlType::kQ8_0);
  EXPECT_EQ(type_after(tensor("blk.0.attn_output.weight", {4096, 4096}), "Q4_K_M", context), GgmlType::kQ5_K);
}

TEST(QuantMix, ExpertsOfGptOssStayInTheirFourBits) {
  MixContext context = dense(24);
  context.architecture = "gpt-oss";
  context.experts = 32;
  const Tensor stacked = tensor("blk.0.ffn_up_exps.weight", {2880, 2880, 32});
  for (const std::string& mix : all_mixes())
    EXPECT_EQ(type_after(stacked, mix, context), GgmlType::kMXFP4) << mix;
}

TEST(QuantMix, ApplyingAMixTwiceChangesNothing) {
  std::vector<Tensor> once = one_per_layer("ffn_down.weight", 16);
  ASSERT_TRUE(apply_mix(once, "Q5_K_M", dense(16)));
  EXPECT_EQ(types_after(once, "Q5_K_M", dense(16)),
            types_after(one_per_layer("ffn_down.weight", 16), "Q5_K_M", dense(16)));
}

TEST(QuantMix, EveryMixIsKnownByItsNameInAnyCase) {
  EXPECT_EQ(all_mixes().size(), 33U);
  EXPECT_THAT(all_mixes(), Contains("Q4_K_M"));
  EXPECT_EQ(mix_file_type("q4_k_m"), 15U);
  EXPECT_FALSE(mix_file_type("Q4_K_XL"));
}

TEST(QuantMix, AnUnknownMixIsAUsageErrorThatNamesTheNearest) {
  std::vector<Tensor> tensors;
  const Result<void> applied = apply_mix(tensors, "Q4_KM", dense(1));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(applied.error().fix, testing::HasSubstr("Q4_K_M"));
}

}  // namespace
}  // namespace tokcast
