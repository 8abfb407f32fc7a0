#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "model/catalogue.h"
#include "model/catalogue_data.h"

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

std::vector<Tensor> tensors_named(std::string_view id) {
  return tensors_of(find_catalogue_row(id).value()).value();
}

// "name: AxBxC type" of the tensors of one layer, or with nullopt of those outside the layers.
std::vector<std::string> described(std::string_view id, std::optional<std::uint32_t> layer) {
  std::vector<std::string> lines;
  for (const Tensor& tensor : tensors_named(id)) {
    if (tensor.layer() != layer) continue;
    std::string line = layer ? tensor.name.substr(tensor.name.find('.', 4) + 1) : tensor.name;
    for (const std::uint64_t dimension : tensor.dimensions) line += " " + std::to_string(dimension);
    lines.push_back(line + " " + std::string(geometry(tensor.type).name));
  }
  return lines;
}

std::uint64_t elements(const std::vector<Tensor>& tensors) {
  return std::transform_reduce(tensors.begin(), tensors.end(), std::uint64_t{0}, std::plus<>(),
                               [](const Tensor& tensor) { return tensor.elements(); });
}

TEST(TensorList, OfEveryRowAddsUpToItsParameters) {
  for (const CatalogueRow& row : catalogue()) {
    const Result<std::vector<Tensor>> tensors = tensors_of(row);
    ASSERT_TRUE(tensors) << row.id << ": " << tensors.error().message;
    EXPECT_EQ(elements(*tensors), row.parameters) << row.id;
  }
}

// Sums confirmed by a total that the model's maker published.
TEST(TensorList, OfMostRowsIsConfirmedByAPublishedTotal) {
  const Json document = parse_json(catalogue_json(), "catalogue").value();
  const auto& models = document["models"];
  const auto is_exact = [](const Json& row) { return row["param_check"] == "exact"; };
  EXPECT_EQ(std::ranges::count_if(models, is_exact), 178);
}

TEST(TensorList, NamesAreUniqueAndStandInTheQuantisersOrder) {
  for (const CatalogueRow& row : catalogue()) {
    std::set<std::string> names;
    std::int64_t last = -1;
    const std::vector<Tensor> tensors = tensors_of(row).value();
    for (const Tensor& tensor : tensors) {
      EXPECT_TRUE(names.insert(tensor.name).second) << row.id << " " << tensor.name;
      const std::int64_t layer = tensor.layer() ? std::int64_t{*tensor.layer()} : -1;
      EXPECT_GE(layer, last) << row.id << " " << tensor.name;
      last = layer;
    }
    EXPECT_EQ(last, std::int64_t{row.layers} - 1) << row.id;
  }
}

TEST(TensorList, NoDimensionIsZeroAndAllAreSixteenOrThirtyTwoBits) {
  for (const CatalogueRow& row : catalogue()) {
    const std::vector<Tensor> tensors = tensors_of(row).value();
    for (const Tensor& tensor : tensors) {
      EXPECT_THAT(tensor.dimensions, testing::SizeIs(testing::AllOf(testing::Ge(1U), testing::Le(3U))));
      EXPECT_THAT(tensor.dimensions, testing::Each(testing::Gt(0U))) << row.id << " " << tensor.name;
      EXPECT_TRUE(tensor.type == GgmlType::kF16 || tensor.type == GgmlType::kF32)
          << row.id << " " << tensor.name;
    }
  }
}

TEST(TensorList, OfALlamaIsTheClassicOne) {
  EXPECT_THAT(described("tinyllama-1.1b-chat", std::nullopt),
              ElementsAre("output.weight 2048 32000 F16", "output_norm.weight 2048 F32",
                          "token_embd.weight 2048 32000 F16"));
  EXPECT_THAT(described("tinyllama-1.1b-chat", 21),
              ElementsAre("attn_k.weight 2048 256 F16", "attn_norm.weight 2048 F32",
                          "attn_output.weight 2048 2048 F16", "attn_q.weight 2048 2048 F16",
                          "attn_v.weight 2048 256 F16", "ffn_down.weight 5632 2048 F16",
                          "ffn_gate.weight 2048 5632 F16", "ffn_norm.weight 2048 F32",
                          "ffn_up.weight 2048 5632 F16"));
}

TEST(TensorList, OfPhi3FusesQueriesWithKeysAndGatesWithUps) {
  EXPECT_THAT(described("phi-3-mini-4k-instruct", 0),
              ElementsAre("attn_norm.weight 3072 F32", "attn_output.weight 3072 3072 F16",
                          "attn_qkv.weight 3072 9216 F16", "ffn_down.weight 8192 3072 F16",
                          "ffn_norm.weight 3072 F32", "ffn_up.weight 3072 16384 F16"));
}

TEST(TensorList, OfGemma3HasFourNormsAndNoOutput) {
  EXPECT_THAT(described("gemma-3-4b-it", std::nullopt),
              ElementsAre("output_norm.weight 2560 F32", "token_embd.weight 2560 262208 F16"));
  EXPECT_THAT(described("gemma-3-4b-it", 3),
              IsSupersetOf({"attn_norm.weight 2560 F32", "post_attention_norm.weight 2560 F32",
                            "ffn_norm.weight 2560 F32", "post_ffw_norm.weight 2560 F32",
                            "attn_q_norm.weight 256 F32"}));
}

TEST(TensorList, OfGptOssHasSinksAndBiases) {
  EXPECT_THAT(
      described("gpt-oss-20b", 0),
      ElementsAre("attn_k.bias 512 F32", "attn_k.weight 2880 512 F16", "attn_norm.weight 2880 F32",
                  "attn_output.bias 2880 F32", "attn_output.weight 4096 2880 F16", "attn_q.bias 4096 F32",
                  "attn_q.weight 2880 4096 F16", "attn_sinks.weight 64 F32", "attn_v.bias 512 F32",
                  "attn_v.weight 2880 512 F16", "ffn_down_exps.bias 2880 32 F32",
                  "ffn_down_exps.weight 2880 2880 32 F16", "ffn_gate_exps.bias 2880 32 F32",
                  "ffn_gate_exps.weight 2880 2880 32 F16", "ffn_gate_inp.bias 32 F32",
                  "ffn_gate_inp.weight 2880 32 F32", "ffn_up_exps.bias 2880 32 F32",
                  "ffn_up_exps.weight 2880 2880 32 F16", "post_attention_norm.weight 2880 F32"));
}

TEST(TensorList, OfDeepseekSplitsTheLatentAttentionByHead) {
  EXPECT_THAT(described("deepseek-v2-lite-chat", 1),
              IsSupersetOf({"attn_k_b.weight 128 512 16 F16", "attn_v_b.weight 512 128 16 F16",
                            "attn_kv_a_mqa.weight 2048 576 F16", "ffn_gate_shexp.weight 2048 2816 F16"}));
  EXPECT_THAT(described("deepseek-v2-lite-chat", 0), testing::Contains("ffn_gate.weight 2048 10944 F16"));
}

TEST(TensorList, OfQwen3NextIsADeltaNetButForEveryFourthLayer) {
  EXPECT_THAT(described("qwen3-next-80b-a3b", 2),
              IsSupersetOf({"attn_qkv.weight 2048 8192 F16", "ssm_ba.weight 2048 64 F16", "ssm_a 32 F32",
                            "ssm_conv1d.weight 4 8192 F32"}));
  EXPECT_THAT(described("qwen3-next-80b-a3b", 3), testing::Contains("attn_q.weight 2048 8192 F16"));
}

TEST(TensorList, OfNemotronHHasOneBlockInEachLayer) {
  EXPECT_THAT(described("nemotron-nano-9b-v2", 1),
              ElementsAre("attn_norm.weight 4480 F32", "ffn_down.weight 15680 4480 F16",
                          "ffn_up.weight 4480 15680 F16"));
  EXPECT_THAT(described("nemotron-nano-9b-v2", 0), testing::Contains("ssm_in.weight 4480 22656 F16"));
}

TEST(TensorList, OfLfm2MixesShortConvolutionsAndAttention) {
  EXPECT_THAT(described("lfm2-1.2b", 0), testing::Contains("shortconv.conv.weight 3 2048 F32"));
  EXPECT_THAT(described("lfm2-1.2b", 2), testing::Contains("attn_k_norm.weight 64 F32"));
  EXPECT_THAT(described("lfm2-1.2b", std::nullopt), testing::Contains("token_embd_norm.weight 2048 F32"));
}

TEST(TensorList, OfDeciLeavesOutTheAttentionThatItsLayersLack) {
  EXPECT_THAT(described("llama-3.1-nemotron-51b", 11),  // one matrix in place of attention
              testing::AllOf(testing::Contains("attn_output.weight 8192 8192 F16"),
                             testing::Not(testing::Contains(testing::StartsWith("attn_q")))));
  EXPECT_THAT(described("nemotron-super-49b-v1", 6),
              testing::Not(testing::Contains(testing::StartsWith("attn_"))));
}

TEST(TensorList, OfAnUnknownArchitectureIsUnsupported) {
  CatalogueRow row = find_catalogue_row("llama-2-7b-chat").value();
  row.architecture = "nonesuch";
  EXPECT_EQ(tensors_of(row).error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace tokcast
