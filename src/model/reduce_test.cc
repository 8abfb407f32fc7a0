#include "model/reduce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "model/catalogue.h"

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Layers = std::vector<std::uint32_t>;

// A model of so many layers, each with a small tensor whose row length is its old number + 1.
GgufHeader model(const std::string& architecture, std::uint32_t layers,
                 std::vector<GgufKeyValue> extra = {}) {
  GgufHeader header;
  header.metadata = {gguf_string("general.architecture", architecture),
                     gguf_uint32(architecture + ".block_count", layers)};
  for (GgufKeyValue& pair : extra) header.metadata.push_back(std::move(pair));
  header.tensors.push_back({.name = "token_embd.weight", .dimensions = {8, 100}});
  for (std::uint32_t i = 0; i < layers; ++i) {
    header.tensors.push_back(
        {.name = "blk." + std::to_string(i) + ".attn_norm.weight", .dimensions = {i + 1ULL}});
  }
  header.tensors.push_back({.name = "output_norm.weight", .dimensions = {8}});
  return header;
}

GgufHeader reduced(const GgufHeader& full, const Layers& chosen) {
  const auto result = reduce_layers(full, chosen);
  EXPECT_TRUE(result) << describe(result.error());
  return result.value_or(GgufHeader{});
}

std::optional<ErrorKind> refusal(const GgufHeader& full, const Layers& chosen) {
  const auto result = reduce_layers(full, chosen);
  return result ? std::nullopt : std::optional(result.error().kind);
}

std::vector<std::string> described_tensors(const GgufHeader& header) {
  std::vector<std::string> lines;
  for (const Tensor& tensor : header.tensors)
    lines.push_back(tensor.name + " " + std::to_string(tensor.dimensions[0]));
  return lines;
}

std::vector<double> array(const GgufHeader& header, std::string_view key) {
  const GgufValue* value = header.find(key);
  return value == nullptr ? std::vector<double>{} : std::get<GgufArray>(value->value).numbers;
}

TEST(ReduceLayers, RenumbersTheChosenLayersAndKeepsWhatIsOutside) {
  const GgufHeader header = reduced(model("llama", 8), {1, 6, 6});
  EXPECT_THAT(described_tensors(header),
              ElementsAre("token_embd.weight 8", "blk.0.attn_norm.weight 2", "blk.1.attn_norm.weight 7",
                          "blk.2.attn_norm.weight 7", "output_norm.weight 8"));
  EXPECT_EQ(header.find_uint("llama.block_count"), 3);
  EXPECT_TRUE(header.offsets.empty());
}

TEST(ReduceLayers, KeepsLayersApartWhoseNumbersBeginAlike) {
  EXPECT_EQ(reduced(model("llama", 12), {1}).tensors.size(), 3);
}

TEST(ReduceLayers, KeepsTensorTypes) {
  GgufHeader full = model("llama", 2);
  full.tensors[2].type = GgmlType::kQ6_K;
  EXPECT_EQ(reduced(full, {1}).tensors[1].type, GgmlType::kQ6_K);
}

TEST(ReduceLayers, CutsPerLayerArraysAndNoOthers) {
  const GgufHeader full = model("qwen3vl", 4,
                                {gguf_int32_array("qwen3vl.attention.head_count_kv", {8, 4, 2, 1}),
                                 gguf_int32_array("qwen3vl.rope.dimension_sections", {24, 20, 20, 0}),
                                 gguf_float32_array("some.list", {1, 2, 3})});
  const GgufHeader header = reduced(full, {0, 3});
  EXPECT_THAT(array(header, "qwen3vl.attention.head_count_kv"), ElementsAre(8, 1));
  EXPECT_EQ(std::get<GgufArray>(header.find("qwen3vl.attention.head_count_kv")->value).payload_bytes, 8);
  EXPECT_THAT(array(header, "qwen3vl.rope.dimension_sections"), ElementsAre(24, 20, 20, 0));
  EXPECT_THAT(array(header, "some.list"), ElementsAre(1, 2, 3));
}

TEST(ReduceLayers, DropsTheVocabularyButSaysHowLargeItWas) {
  const GgufHeader full =
      model("llama", 2,
            {gguf_string("tokenizer.ggml.model", "gpt2"), gguf_uint32("tokenizer.ggml.bos_token_id", 1),
             gguf_int32_array("tokenizer.ggml.token_type", {1, 1})});
  const GgufHeader header = reduced(full, {0});
  EXPECT_EQ(header.find_string("tokenizer.ggml.model"), "no_vocab");
  EXPECT_EQ(header.find("tokenizer.ggml.bos_token_id"), nullptr);
  EXPECT_EQ(header.find("tokenizer.ggml.token_type"), nullptr);
  EXPECT_EQ(header.find_uint("llama.vocab_size"), 100);
}

TEST(ReduceLayers, DropsTheKeysOfSplitFilesAndCopiesUnknownOnes) {
  const GgufHeader header = reduced(
      model("llama", 2, {gguf_uint32("split.count", 3), gguf_string("some.unknown.key", "kept")}), {0});
  EXPECT_EQ(header.find("split.count"), nullptr);
  EXPECT_EQ(header.find_string("some.unknown.key"), "kept");
}

TEST(ReduceLayers, CountsTheLeadingDenseLayersAgain) {
  const GgufHeader full = model("glm4moe", 8, {gguf_uint32("glm4moe.leading_dense_block_count", 3)});
  EXPECT_EQ(reduced(full, {0, 2, 5}).find_uint("glm4moe.leading_dense_block_count"), 2);
  EXPECT_EQ(reduced(full, {5}).find_uint("glm4moe.leading_dense_block_count"), 0);
  EXPECT_EQ(refusal(full, {5, 0}), ErrorKind::kUsage);
}

TEST(ReduceLayers, LeavesNoNextTokenPrediction) {
  const GgufHeader full = model("glm4moe", 4, {gguf_uint32("glm4moe.nextn_predict_layers", 1)});
  EXPECT_EQ(reduced(full, {0, 2}).find_uint("glm4moe.nextn_predict_layers"), 0);
  EXPECT_EQ(refusal(full, {0, 3}), ErrorKind::kUsage);
}

TEST(ReduceLayers, FeedsImageFeaturesToAllButTheLastLayerAtMost) {
  const GgufHeader full = model("qwen3vl", 8, {gguf_uint32("qwen3vl.n_deepstack_layers", 3)});
  EXPECT_EQ(reduced(full, {0, 5}).find_uint("qwen3vl.n_deepstack_layers"), 1);
  EXPECT_EQ(reduced(full, {0, 1, 2, 3}).find_uint("qwen3vl.n_deepstack_layers"), 3);
}

TEST(ReduceLayers, FindsAPeriodWithAsManyWindows) {
  const GgufHeader full = model("gemma3", 12, {gguf_uint32("gemma3.attention.sliding_window", 512)});
  const auto period = [&](const Layers& chosen) {
    return reduced(full, chosen).find_uint("gemma3.attention.sliding_window_pattern");
  };
  EXPECT_EQ(period({0, 5}), 2);        // one with, one without
  EXPECT_EQ(period({0, 1, 5}), 2);     // two with
  EXPECT_EQ(period({0, 1, 2, 3}), 5);  // none without
  EXPECT_EQ(period({0, 1, 2, 5, 6, 11}), 3);
  EXPECT_EQ(period({5}), 2);  // not 1: at least one must have a window
}

TEST(ReduceLayers, LeavesModelsWithoutWindowsAlone) {
  EXPECT_EQ(reduced(model("gemma3", 12), {0, 5}).find("gemma3.attention.sliding_window_pattern"), nullptr);
}

TEST(ReduceLayers, FindsAPeriodOfLayersWithExperts) {
  const GgufHeader full = model("llama4", 8, {gguf_uint32("llama4.interleave_moe_layer_step", 2)});
  const auto step = [&](const Layers& chosen) {
    return reduced(full, chosen).find_uint("llama4.interleave_moe_layer_step");
  };
  EXPECT_EQ(step({0, 1, 2, 3}), 2);
  EXPECT_EQ(step({1, 3, 5, 7}), 1);
  EXPECT_EQ(step({0, 2, 4, 6}), 5);
  EXPECT_EQ(step({0, 2, 4, 7}), 4);
  EXPECT_EQ(refusal(full, {1, 3, 4, 5}), ErrorKind::kUsage);
}

TEST(ReduceLayers, ListsRecurrentLayersOneByOne) {
  const GgufHeader full = model("qwen35", 8, {gguf_uint32("qwen35.full_attention_interval", 4)});
  EXPECT_THAT(array(reduced(full, {0, 3, 4}), "qwen35.attention.recurrent_layers"), ElementsAre(1, 0, 1));
}

TEST(ReduceLayers, WantsALayerOfEachKind) {
  const GgufHeader period = model("qwen35", 8, {gguf_uint32("qwen35.full_attention_interval", 4)});
  EXPECT_EQ(refusal(period, {0, 1}), ErrorKind::kUsage);
  EXPECT_EQ(refusal(period, {3}), ErrorKind::kUsage);
  const GgufHeader zeros = model("lfm2", 4,
                                 {gguf_uint32("lfm2.shortconv.l_cache", 3),
                                  gguf_int32_array("lfm2.attention.head_count_kv", {0, 0, 8, 0})});
  EXPECT_EQ(refusal(zeros, {0, 2}), std::nullopt);
  EXPECT_EQ(refusal(zeros, {0}), ErrorKind::kUsage);
  EXPECT_THAT(reduce_layers(zeros, Layers{0}).error().fix, HasSubstr("layer 2"));
}

TEST(ReduceLayers, CountsBorrowersAndWantsTheirLenders) {
  const GgufHeader full = model(
      "gemma4", 6,
      {gguf_uint32("gemma4.attention.shared_kv_layers", 2),
       gguf_bool_array("gemma4.attention.sliding_window_pattern", {true, false, true, false, true, false})});
  EXPECT_EQ(reduced(full, {2, 3, 5}).find_uint("gemma4.attention.shared_kv_layers"), 1);
  EXPECT_EQ(reduced(full, {2, 3}).find_uint("gemma4.attention.shared_kv_layers"), 0);
  EXPECT_EQ(refusal(full, {3, 4}), ErrorKind::kUsage);
  EXPECT_EQ(refusal(full, {3, 2, 4}), ErrorKind::kUsage);
}

TEST(ReduceLayers, ShrinksPerLayerInputEmbeddings) {
  GgufHeader full = model("gemma3n", 4);
  full.tensors.push_back({.name = "per_layer_token_embd.weight", .dimensions = {1024, 100}});
  full.tensors.push_back({.name = "per_layer_model_proj.weight", .dimensions = {8, 1024}});
  const GgufHeader header = reduced(full, {0, 1, 2});
  EXPECT_THAT(header.tensors[header.tensors.size() - 2].dimensions, ElementsAre(768, 100));
  EXPECT_THAT(header.tensors.back().dimensions, ElementsAre(8, 768));
}

TEST(ReduceLayers, RefusesChoicesThatMakeNoSense) {
  EXPECT_EQ(refusal(model("llama", 4), {}), ErrorKind::kUsage);
  EXPECT_EQ(refusal(model("llama", 4), {4}), ErrorKind::kUsage);
}

TEST(ReduceLayers, RefusesHeadersWithoutArchitectureOrLayers) {
  GgufHeader nameless = model("llama", 4);
  nameless.metadata.erase(nameless.metadata.begin());
  EXPECT_EQ(refusal(nameless, {0}), ErrorKind::kBadInput);
  EXPECT_EQ(refusal(model("llama", 0), {0}), ErrorKind::kBadInput);
  EXPECT_EQ(refusal(model("llama", 513), {0}), ErrorKind::kBadInput);
}

TEST(ReduceLayers, RefusesWhatTheEngineKnowsByItsNumberOfLayers) {
  EXPECT_EQ(refusal(model("deepseek2", 27), {0}), ErrorKind::kUnsupported);
  EXPECT_EQ(refusal(model("deepseek2", 61, {gguf_uint32("deepseek2.attention.q_lora_rank", 1536)}), {0}),
            std::nullopt);
  EXPECT_EQ(refusal(model("llama4", 8), {0, 1, 2}), ErrorKind::kUsage);
}

TEST(ReduceLayers, ToAllLayersKeepsEveryTensorOfEveryCatalogueRow) {
  for (const CatalogueRow& row : catalogue()) {
    GgufHeader full;
    full.metadata = hyperparameters(row).value();
    full.tensors = tensors_of(row).value();
    Layers all(row.layers);
    std::iota(all.begin(), all.end(), 0U);
    const auto header = reduce_layers(full, all);
    ASSERT_TRUE(header) << row.id << ": " << describe(header.error());
    EXPECT_EQ(described_tensors(*header), described_tensors(full)) << row.id;
  }
}

}  // namespace
}  // namespace tokcast
