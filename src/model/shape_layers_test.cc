// Kinds of layers, and what each keeps of the past.
#include "model/shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/shape_sample_test_util.h"

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// 'w' for each layer with a window, 'f' for each that sees all.
std::string windows_of(const Shape& shape) {
  std::string out;
  for (const LayerShape& layer : shape.layers) out += layer.sliding_window ? 'w' : 'f';
  return out;
}

std::string kinds_of(const Shape& shape) {
  std::string out;
  for (const LayerShape& layer : shape.layers) {
    out += layer.kind == LayerKind::kAttention ? 'a' : layer.kind == LayerKind::kRecurrent ? 'r' : 'o';
  }
  return out;
}

TEST(ShapeLayers, LeavesOutNextTokenPredictionLayers) {
  ShapeSample sample("glm4moe", 3);
  sample.set("nextn_predict_layers", 1);
  const Shape shape = sample.shape();
  EXPECT_EQ(shape.layers.size(), 2U);
  const std::uint64_t q8_layer = (64UL * 32UL + 64UL * 128) / 32UL * 34;
  EXPECT_EQ(shape.weight_bytes() - shape.decode_bytes(), Bytes(q8_layer + 99UL * 128));
}

TEST(ShapeLayers, PadsTheCacheAsLlamaCppDoes) {
  const Shape shape = ShapeSample().shape();
  EXPECT_EQ(shape.kv_bytes_per_token(), Bytes(2UL * 2UL * 32UL * 2));
  EXPECT_EQ(shape.kv_bytes(Tokens(1)), Bytes(256UL * 256));
  EXPECT_EQ(shape.kv_bytes(Tokens(256)), Bytes(256UL * 256));
  EXPECT_EQ(shape.kv_bytes(Tokens(257)), Bytes(512UL * 256));
  EXPECT_EQ(shape.kv_bytes(Tokens(256), 34.0 / 32), Bytes(256UL * 136)) << "Q8_0";
}

TEST(ShapeLayers, KeepsOnlyTheWindowOfSlidingLayers) {
  const Shape shape = ShapeSample("gemma2").set("attention.sliding_window", 1024).shape();
  EXPECT_EQ(windows_of(shape), "wf");
  const std::uint64_t position = 2UL * 32UL * 2;
  EXPECT_EQ(shape.kv_bytes(Tokens(512)), Bytes(2UL * 512UL * position)) << "shorter than the window";
  EXPECT_EQ(shape.kv_bytes(Tokens(8192)), Bytes((8192 + 1024 + 512) * position));
  EXPECT_EQ(shape.kv_bytes_per_token(), Bytes(2 * position)) << "windows do not count here";
}

TEST(ShapeLayers, KnowsEachArchitecturesSlidingPattern) {
  const std::vector<std::pair<std::string, std::string>> patterns = {
      {"gemma2", "wfwfwfwf"}, {"gpt-oss", "wfwfwfwf"}, {"gemma3", "wwwwwfww"},       {"cohere2", "wwwfwwwf"},
      {"olmo2", "wwwfwwwf"},  {"exaone4", "wwwfwwwf"}, {"smallthinker", "fwwwfwww"}, {"llama4", "wwwfwwwf"},
      {"plamo3", "wwwwwwwf"}, {"llama", "ffffffff"},   {"phi3", "ffffffff"},         {"qwen2", "ffffffff"},
  };
  for (const auto& [architecture, pattern] : patterns) {
    EXPECT_EQ(windows_of(ShapeSample(architecture, 8).set("attention.sliding_window", 512).shape()), pattern)
        << architecture;
  }
}

TEST(ShapeLayers, KnowsTheWindowsThatFilesMayLeaveOut) {
  EXPECT_EQ(ShapeSample("gemma2").shape().layers[0].sliding_window, 4096U);
  EXPECT_EQ(ShapeSample("llama4").shape().layers[0].sliding_window, 8192U);
  EXPECT_EQ(windows_of(ShapeSample("olmo2", 4).shape()), "ffff") << "OLMo 2 has none, OLMo 3 gives it";
  EXPECT_EQ(windows_of(ShapeSample("llama4", 4).set("attention.sliding_window", 0).shape()), "ffff");
}

TEST(ShapeLayers, ObeysThePatternInTheFile) {
  ShapeSample sample("gemma3", 6);
  sample.set("attention.sliding_window", 512);
  EXPECT_EQ(windows_of(sample.set("attention.sliding_window_pattern", 3).shape()), "wwfwwf");
  sample.put(
      gguf_bool_array("gemma3.attention.sliding_window_pattern", {true, false, false, true, true, true}));
  EXPECT_EQ(windows_of(sample.shape()), "wffwww");
  expect_refused(sample.put(gguf_bool_array("gemma3.attention.sliding_window_pattern", {true})),
                 "gemma3.attention.sliding_window_pattern");
}

TEST(ShapeLayers, ReadsOtherHeadLengthsOfSlidingLayers) {
  ShapeSample sample("mimo2");
  sample.set("attention.sliding_window", 512).set("attention.sliding_window_pattern", std::vector{1, 0});
  sample.set("attention.key_length", 16).set("attention.value_length", 16);
  sample.set("attention.key_length_swa", 8).set("attention.value_length_swa", 4);
  const Shape shape = sample.shape();
  EXPECT_EQ(shape.layers[0].key_length, 8U);
  EXPECT_EQ(shape.layers[0].value_length, 4U);
  EXPECT_EQ(shape.layers[1].key_length, 16U);
}

TEST(ShapeLayers, TellsRecurrentLayersByTheInterval) {
  const Shape shape = ShapeSample("qwen3next", 8).shape();
  EXPECT_EQ(kinds_of(shape), "rrrarrra");
  EXPECT_EQ(shape.kv_bytes_per_token(), Bytes(2UL * 2UL * 32UL * 2));
  EXPECT_THAT(shape.not_modelled, ElementsAre(HasSubstr("recurrent layers")));
  EXPECT_EQ(kinds_of(ShapeSample("qwen3next", 4).set("full_attention_interval", 2).shape()), "rara");
}

TEST(ShapeLayers, TellsRecurrentLayersByTheirTensors) {
  ShapeSample sample("jamba", 3);
  sample.set("attention.head_count_kv", std::vector{0, 2, 0}).add(0, "ssm_in.weight", {64, 64});
  const Shape shape = sample.shape();
  EXPECT_EQ(kinds_of(shape), "rao");
  EXPECT_THAT(shape.not_modelled, ElementsAre(HasSubstr("recurrent layers")));
}

TEST(ShapeLayers, AcceptsARecurrentModelWithoutHeads) {
  ShapeSample sample("mamba");
  sample.set("attention.head_count", 0)
      .without("attention.head_count_kv")
      .without_tensor("blk.0.attn_k.weight");
  sample.add(0, "ssm_in.weight", {64, 64}).add(1, "ssm_in.weight", {64, 64});
  const Shape shape = sample.shape();
  EXPECT_EQ(kinds_of(shape), "rr");
  EXPECT_EQ(shape.kv_bytes(Tokens(4096)), Bytes(0));
  EXPECT_THAT(shape.not_modelled, ElementsAre(HasSubstr("no key tells")));
}

// As llama_hparams::n_embd_r and n_embd_s count: (kernel - 1) x (inner + 2 x groups x state) + inner x state.
TEST(ShapeLayers, CountsTheStateOfStateSpaceLayers) {
  ShapeSample sample("mamba2", 3);
  sample.set("attention.head_count", 0).without("attention.head_count_kv");
  for (std::uint32_t i = 0; i < 3; ++i) {
    sample.without_tensor("blk." + std::to_string(i) + ".attn_k.weight").add(i, "ssm_in.weight", {64, 64});
  }
  sample.set("ssm.conv_kernel", 4).set("ssm.inner_size", 128).set("ssm.group_count", 2);
  sample.set("ssm.state_size", 16);
  const Shape shape = sample.shape();
  EXPECT_THAT(shape.not_modelled, IsEmpty());
  EXPECT_THAT(shape.roughly_modelled, ElementsAre("recurrent layers"));
  const std::uint64_t elements = 3 * (128 + 2 * 2 * 16) + 128 * 16;
  EXPECT_EQ(shape.layers[0].state_elements, elements);
  EXPECT_EQ(shape.state_bytes(), Bytes(3 * elements * 4));
  EXPECT_EQ(shape.state_bytes(2), Bytes(elements * 4)) << "of the last layer alone";
}

TEST(ShapeLayers, CountsTheWindowOfShortConvolutionsInTheirLayersOnly) {
  ShapeSample sample("lfm2", 2);
  sample.set("attention.head_count_kv", std::vector{0, 2}).set("shortconv.l_cache", 3);
  sample.add(0, "shortconv.conv.weight", {3, 64});
  const Shape shape = sample.shape();
  EXPECT_EQ(kinds_of(shape), "ra");
  EXPECT_EQ(shape.state_bytes(), Bytes(64 * 2 * 4));
  EXPECT_EQ(shape.kv_bytes_per_token(), Bytes(2UL * 2UL * 16UL * 2));
}

TEST(ShapeLayers, ALayerMayCarryAStateBesideItsKeys) {
  ShapeSample sample("falcon-h1", 1);
  sample.add(0, "ssm_in.weight", {64, 64});
  sample.set("ssm.conv_kernel", 4).set("ssm.inner_size", 64).set("ssm.state_size", 16);
  const Shape shape = sample.shape();
  EXPECT_EQ(kinds_of(shape), "a");
  EXPECT_GT(shape.kv_bytes_per_token(), Bytes(0));
  EXPECT_EQ(shape.state_bytes(), Bytes((3 * 64 + 16 * 64) * 4));
}

TEST(ShapeLayers, LatentAttentionKeepsOneVectorAPosition) {
  ShapeSample sample("deepseek2", 1);
  sample.set("attention.kv_lora_rank", 32).set("attention.head_count_kv", 1);
  sample.set("attention.key_length", 40).set("attention.value_length", 32);
  sample.add(0, "attn_k_b.weight", {16, 32, 4});
  const Shape shape = sample.shape();
  EXPECT_THAT(shape.not_modelled, IsEmpty());
  EXPECT_THAT(shape.roughly_modelled, ElementsAre("multi-head latent attention"));
  EXPECT_EQ(shape.kv_bytes_per_token(), Bytes(2 * 40)) << "no values: they are a part of the keys";
  sample.set("attention.head_count_kv", 2);
  EXPECT_THAT(sample.shape().not_modelled, ElementsAre(HasSubstr("latent")));
}

TEST(ShapeLayers, LayersThatBorrowKeysKeepNone) {
  const Shape all = ShapeSample("gemma4", 4).shape();
  const Shape some = ShapeSample("gemma4", 4).set("attention.shared_kv_layers", 3).shape();
  EXPECT_EQ(all.kv_bytes_per_token(), some.kv_bytes_per_token() * 4);
  EXPECT_TRUE(some.layers[1].borrows_keys_values);
  EXPECT_FALSE(some.layers[0].borrows_keys_values);
  const Shape fixed = ShapeSample("gemma3n", 24).set("attention.shared_kv_layers", 3).shape();
  EXPECT_TRUE(fixed.layers[20].borrows_keys_values) << "the engine ignores the key for this one";
  EXPECT_FALSE(fixed.layers[19].borrows_keys_values);
}

TEST(ShapeLayers, AcceptsLayersWithoutAttention) {
  ShapeSample sample("deci");
  sample.set("attention.head_count", std::vector{0, 4}).set("attention.head_count_kv", std::vector{0, 2});
  EXPECT_EQ(kinds_of(sample.shape()), "oa");
  EXPECT_THAT(sample.shape().not_modelled, IsEmpty());
}

}  // namespace
}  // namespace tokcast
