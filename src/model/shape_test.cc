#include "model/shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A model whose keys a test can set, drop and spoil one by one.
struct Sample {
  std::string architecture = "llama";
  GgufHeader header{};

  explicit Sample(std::string name = "llama", std::uint32_t layers = 2) : architecture(std::move(name)) {
    header.metadata = {gguf_string("general.architecture", architecture),
                       gguf_uint32("general.file_type", 15)};
    set("block_count", layers)
        .set("embedding_length", 64)
        .set("context_length", 4096)
        .set("feed_forward_length", 128);
    set("attention.head_count", 4).set("attention.head_count_kv", 2);
    header.tensors = {{"token_embd.weight", GgmlType::kF16, {64, 100}},
                      {"output.weight", GgmlType::kQ8_0, {64, 100}},
                      {"output_norm.weight", GgmlType::kF32, {64}}};
    for (std::uint32_t i = 0; i < layers; ++i)
      add(i, "attn_k.weight", {64, 32}).add(i, "ffn_up.weight", {64, 128});
  }

  Sample& put(GgufKeyValue entry) {
    drop(entry.key);
    header.metadata.push_back(std::move(entry));
    return *this;
  }
  Sample& set(const std::string& key, std::uint32_t number) {
    return put(gguf_uint32(architecture + "." + key, number));
  }
  Sample& set(const std::string& key, const std::vector<std::int32_t>& numbers) {
    return put(gguf_int32_array(architecture + "." + key, numbers));
  }
  Sample& drop(const std::string& key) {
    std::erase_if(header.metadata, [&](const auto& entry) { return entry.key == key; });
    return *this;
  }
  Sample& without(const std::string& key) { return drop(architecture + "." + key); }
  Sample& add(std::uint32_t layer, const std::string& name, std::vector<std::uint64_t> dimensions,
              GgmlType type = GgmlType::kQ8_0) {
    header.tensors.push_back({"blk." + std::to_string(layer) + "." + name, type, std::move(dimensions)});
    return *this;
  }
  Sample& without_tensor(std::string_view name) {
    std::erase_if(header.tensors, [&](const Tensor& tensor) { return tensor.name == name; });
    return *this;
  }
  Result<Shape> read() const { return shape_from_header(header, "sample"); }
  Shape shape() const {
    auto result = read();
    EXPECT_TRUE(result) << describe(result.error());
    return result.value_or(Shape{});
  }
};

void expect_refused(const Sample& sample, const std::string& place, ErrorKind kind = ErrorKind::kBadInput) {
  const auto shape = sample.read();
  ASSERT_FALSE(shape) << place;
  EXPECT_EQ(shape.error().place, place) << describe(shape.error());
  EXPECT_EQ(shape.error().kind, kind) << place;
  EXPECT_FALSE(shape.error().fix.empty());
}

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

TEST(Shape, ReadsALlama) {
  const Shape shape = Sample().shape();
  EXPECT_EQ(shape.id, "sample");
  EXPECT_EQ(shape.architecture, "llama");
  EXPECT_EQ(shape.quantization, "Q4_K_M");
  EXPECT_EQ(shape.embedding_length, 64U);
  EXPECT_EQ(shape.vocabulary, 100U);
  EXPECT_EQ(shape.context_length, 4096U);
  EXPECT_EQ(shape.experts, std::nullopt);
  EXPECT_FALSE(shape.tied_output);
  EXPECT_THAT(shape.not_modelled, IsEmpty());
  ASSERT_EQ(shape.layers.size(), 2U);
  EXPECT_EQ(shape.layers[1].heads, 4U);
  EXPECT_EQ(shape.layers[1].kv_heads, 2U);
  EXPECT_EQ(shape.layers[1].key_length, 16U);
  EXPECT_EQ(shape.layers[1].value_length, 16U);
  EXPECT_EQ(shape.layers[1].sliding_window, std::nullopt);
  EXPECT_FALSE(shape.layers[1].mixture_of_experts);
}

TEST(Shape, CountsParametersAndBytes) {
  const Shape shape = Sample().shape();
  const std::uint64_t layer = 64 * 32 + 64 * 128;
  EXPECT_EQ(shape.parameters(), 2 * 6400 + 64 + 2 * layer);
  EXPECT_EQ(shape.active_parameters(), shape.parameters());
  const std::uint64_t q8_layer = layer / 32 * 34;
  EXPECT_EQ(shape.weight_bytes(), Bytes(12800 + 6800 + 256 + 2 * q8_layer));
  EXPECT_EQ(shape.decode_bytes(), Bytes(128 + 6800 + 256 + 2 * q8_layer)) << "one row of the embedding";
}

TEST(Shape, ReadsATiedEmbeddingWholeForEachToken) {
  const Shape shape = Sample().without_tensor("output.weight").shape();
  EXPECT_TRUE(shape.tied_output);
  EXPECT_EQ(shape.decode_bytes(), shape.weight_bytes());
}

TEST(Shape, UsesHeadCountWhereNoKeyValueHeadsAreGiven) {
  EXPECT_EQ(Sample().without("attention.head_count_kv").shape().layers[0].kv_heads, 4U);
}

TEST(Shape, ReadsHeadsLayerByLayer) {
  const Shape shape = Sample()
                          .set("attention.head_count", std::vector{4, 8})
                          .set("attention.head_count_kv", std::vector{1, 2})
                          .shape();
  EXPECT_EQ(shape.layers[0].kv_heads, 1U);
  EXPECT_EQ(shape.layers[1].heads, 8U);
  EXPECT_EQ(shape.kv_bytes_per_token(), Bytes((1UL + 2) * 32UL * 2));
}

TEST(Shape, ReadsHeadLengthsThatDoNotDivideTheEmbedding) {
  const Shape shape = Sample()
                          .set("attention.head_count", 6)
                          .set("attention.key_length", 24)
                          .set("attention.value_length", 8)
                          .shape();
  EXPECT_EQ(shape.layers[0].key_length, 24U);
  EXPECT_EQ(shape.layers[0].value_length, 8U);
  EXPECT_EQ(shape.kv_bytes_per_token(1), Bytes(2UL * 2UL * (24UL + 8)));
}

TEST(Shape, CountsChosenExpertsOnly) {
  Sample sample("qwen3moe");
  sample.set("expert_count", 8).set("expert_used_count", 2);
  sample.add(0, "ffn_up_exps.weight", {64, 32, 8}).add(0, "ffn_up_shexp.weight", {64, 32});
  const Shape shape = sample.shape();
  EXPECT_EQ(shape.experts, 8U);
  EXPECT_EQ(shape.experts_used, 2U);
  EXPECT_TRUE(shape.layers[0].mixture_of_experts);
  EXPECT_FALSE(shape.layers[1].mixture_of_experts);
  EXPECT_EQ(shape.parameters() - shape.active_parameters(), 6U * 64 * 32);
  const Bytes unread = shape.weight_bytes() - shape.decode_bytes();
  EXPECT_EQ(unread, Bytes(6 * 64 * 34 + 99 * 128)) << "six experts and all but one row of the embedding";
}

TEST(Shape, CountsChosenExpertsOfOldFilesWithATensorEach) {
  Sample sample;
  sample.set("expert_count", 4).set("expert_used_count", 1);
  for (int i = 0; i < 4; ++i) sample.add(0, "ffn_up." + std::to_string(i) + ".weight", {64, 32});
  const Shape shape = sample.shape();
  EXPECT_TRUE(shape.layers[0].mixture_of_experts);
  // A single expert's tensor counts for the share that is read of it on average.
  EXPECT_EQ(shape.parameters() - shape.active_parameters(), 3U * 64 * 32);
}

TEST(Shape, TakesZeroExpertsForADenseModel) {
  EXPECT_EQ(Sample().set("expert_count", 0).shape().experts, std::nullopt);
}

TEST(Shape, LeavesOutNextTokenPredictionLayers) {
  Sample sample("glm4moe", 3);
  sample.set("nextn_predict_layers", 1);
  const Shape shape = sample.shape();
  EXPECT_EQ(shape.layers.size(), 2U);
  const std::uint64_t q8_layer = (64UL * 32UL + 64UL * 128) / 32UL * 34;
  EXPECT_EQ(shape.weight_bytes() - shape.decode_bytes(), Bytes(q8_layer + 99UL * 128));
}

TEST(Shape, PadsTheCacheAsLlamaCppDoes) {
  const Shape shape = Sample().shape();
  EXPECT_EQ(shape.kv_bytes_per_token(), Bytes(2UL * 2UL * 32UL * 2));
  EXPECT_EQ(shape.kv_bytes(Tokens(1)), Bytes(256UL * 256));
  EXPECT_EQ(shape.kv_bytes(Tokens(256)), Bytes(256UL * 256));
  EXPECT_EQ(shape.kv_bytes(Tokens(257)), Bytes(512UL * 256));
  EXPECT_EQ(shape.kv_bytes(Tokens(256), 34.0 / 32), Bytes(256UL * 136)) << "Q8_0";
}

TEST(Shape, KeepsOnlyTheWindowOfSlidingLayers) {
  const Shape shape = Sample("gemma2").set("attention.sliding_window", 1024).shape();
  EXPECT_EQ(windows_of(shape), "wf");
  const std::uint64_t position = 2UL * 32UL * 2;
  EXPECT_EQ(shape.kv_bytes(Tokens(512)), Bytes(2UL * 512UL * position)) << "shorter than the window";
  EXPECT_EQ(shape.kv_bytes(Tokens(8192)), Bytes((8192 + 1024 + 512) * position));
  EXPECT_EQ(shape.kv_bytes_per_token(), Bytes(2 * position)) << "windows do not count here";
}

TEST(Shape, KnowsEachArchitecturesSlidingPattern) {
  const std::vector<std::pair<std::string, std::string>> patterns = {
      {"gemma2", "wfwfwfwf"}, {"gpt-oss", "wfwfwfwf"}, {"gemma3", "wwwwwfww"},       {"cohere2", "wwwfwwwf"},
      {"olmo2", "wwwfwwwf"},  {"exaone4", "wwwfwwwf"}, {"smallthinker", "fwwwfwww"}, {"llama4", "wwwfwwwf"},
      {"plamo3", "wwwwwwwf"}, {"llama", "ffffffff"},   {"phi3", "ffffffff"},         {"qwen2", "ffffffff"},
  };
  for (const auto& [architecture, pattern] : patterns) {
    EXPECT_EQ(windows_of(Sample(architecture, 8).set("attention.sliding_window", 512).shape()), pattern)
        << architecture;
  }
}

TEST(Shape, KnowsTheWindowsThatFilesMayLeaveOut) {
  EXPECT_EQ(Sample("gemma2").shape().layers[0].sliding_window, 4096U);
  EXPECT_EQ(Sample("llama4").shape().layers[0].sliding_window, 8192U);
  EXPECT_EQ(windows_of(Sample("olmo2", 4).shape()), "ffff") << "OLMo 2 has none, OLMo 3 gives it";
  EXPECT_EQ(windows_of(Sample("llama4", 4).set("attention.sliding_window", 0).shape()), "ffff");
}

TEST(Shape, ObeysThePatternInTheFile) {
  Sample sample("gemma3", 6);
  sample.set("attention.sliding_window", 512);
  EXPECT_EQ(windows_of(sample.set("attention.sliding_window_pattern", 3).shape()), "wwfwwf");
  sample.put(
      gguf_bool_array("gemma3.attention.sliding_window_pattern", {true, false, false, true, true, true}));
  EXPECT_EQ(windows_of(sample.shape()), "wffwww");
  expect_refused(sample.put(gguf_bool_array("gemma3.attention.sliding_window_pattern", {true})),
                 "gemma3.attention.sliding_window_pattern");
}

TEST(Shape, ReadsOtherHeadLengthsOfSlidingLayers) {
  Sample sample("mimo2");
  sample.set("attention.sliding_window", 512).set("attention.sliding_window_pattern", std::vector{1, 0});
  sample.set("attention.key_length", 16).set("attention.value_length", 16);
  sample.set("attention.key_length_swa", 8).set("attention.value_length_swa", 4);
  const Shape shape = sample.shape();
  EXPECT_EQ(shape.layers[0].key_length, 8U);
  EXPECT_EQ(shape.layers[0].value_length, 4U);
  EXPECT_EQ(shape.layers[1].key_length, 16U);
}

TEST(Shape, TellsRecurrentLayersByTheInterval) {
  const Shape shape = Sample("qwen3next", 8).shape();
  EXPECT_EQ(kinds_of(shape), "rrrarrra");
  EXPECT_EQ(shape.kv_bytes_per_token(), Bytes(2UL * 2UL * 32UL * 2));
  EXPECT_THAT(shape.not_modelled, ElementsAre(HasSubstr("recurrent layers")));
  EXPECT_EQ(kinds_of(Sample("qwen3next", 4).set("full_attention_interval", 2).shape()), "rara");
}

TEST(Shape, TellsRecurrentLayersByTheirTensors) {
  Sample sample("jamba", 3);
  sample.set("attention.head_count_kv", std::vector{0, 2, 0}).add(0, "ssm_in.weight", {64, 64});
  const Shape shape = sample.shape();
  EXPECT_EQ(kinds_of(shape), "rao");
  EXPECT_THAT(shape.not_modelled, ElementsAre(HasSubstr("recurrent layers")));
}

TEST(Shape, AcceptsARecurrentModelWithoutHeads) {
  Sample sample("mamba");
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
TEST(Shape, CountsTheStateOfStateSpaceLayers) {
  Sample sample("mamba2", 3);
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

TEST(Shape, CountsTheWindowOfShortConvolutionsInTheirLayersOnly) {
  Sample sample("lfm2", 2);
  sample.set("attention.head_count_kv", std::vector{0, 2}).set("shortconv.l_cache", 3);
  sample.add(0, "shortconv.conv.weight", {3, 64});
  const Shape shape = sample.shape();
  EXPECT_EQ(kinds_of(shape), "ra");
  EXPECT_EQ(shape.state_bytes(), Bytes(64 * 2 * 4));
  EXPECT_EQ(shape.kv_bytes_per_token(), Bytes(2UL * 2UL * 16UL * 2));
}

TEST(Shape, ALayerMayCarryAStateBesideItsKeys) {
  Sample sample("falcon-h1", 1);
  sample.add(0, "ssm_in.weight", {64, 64});
  sample.set("ssm.conv_kernel", 4).set("ssm.inner_size", 64).set("ssm.state_size", 16);
  const Shape shape = sample.shape();
  EXPECT_EQ(kinds_of(shape), "a");
  EXPECT_GT(shape.kv_bytes_per_token(), Bytes(0));
  EXPECT_EQ(shape.state_bytes(), Bytes((3 * 64 + 16 * 64) * 4));
}

TEST(Shape, LatentAttentionKeepsOneVectorAPosition) {
  Sample sample("deepseek2", 1);
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

TEST(Shape, LayersThatBorrowKeysKeepNone) {
  const Shape all = Sample("gemma4", 4).shape();
  const Shape some = Sample("gemma4", 4).set("attention.shared_kv_layers", 3).shape();
  EXPECT_EQ(all.kv_bytes_per_token(), some.kv_bytes_per_token() * 4);
  EXPECT_TRUE(some.layers[1].borrows_keys_values);
  EXPECT_FALSE(some.layers[0].borrows_keys_values);
  const Shape fixed = Sample("gemma3n", 24).set("attention.shared_kv_layers", 3).shape();
  EXPECT_TRUE(fixed.layers[20].borrows_keys_values) << "the engine ignores the key for this one";
  EXPECT_FALSE(fixed.layers[19].borrows_keys_values);
}

TEST(Shape, AcceptsLayersWithoutAttention) {
  Sample sample("deci");
  sample.set("attention.head_count", std::vector{0, 4}).set("attention.head_count_kv", std::vector{0, 2});
  EXPECT_EQ(kinds_of(sample.shape()), "oa");
  EXPECT_THAT(sample.shape().not_modelled, IsEmpty());
}

TEST(Shape, NamesWhatIsNotModelled) {
  EXPECT_THAT(Sample("foo").shape().not_modelled, ElementsAre("the architecture \"foo\" is not known"));
  EXPECT_THAT(Sample("bert").shape().not_modelled, ElementsAre(HasSubstr("encoders")));
  EXPECT_THAT(Sample("t5").shape().not_modelled, ElementsAre(HasSubstr("encoder-decoder")));
  EXPECT_THAT(Sample("llada").shape().not_modelled, ElementsAre(HasSubstr("diffusion")));
  EXPECT_THAT(Sample("rwkv7").shape().not_modelled, ElementsAre(HasSubstr("RWKV")));
  EXPECT_THAT(Sample("deepseek32").shape().not_modelled, ElementsAre(HasSubstr("indexer")));
  EXPECT_THAT(Sample().set("attention.head_count_kv", 4).shape().not_modelled,
              ElementsAre(HasSubstr("another size")));
}

TEST(Shape, TellsTheSizeOfTheVocabularyFromWhatThereIs) {
  Sample sample;
  sample.without_tensor("token_embd.weight");
  expect_refused(sample, "llama.vocab_size");
  GgufArray tokens{GgufValueType::kString, 50};
  sample.put({"tokenizer.ggml.tokens", {GgufValueType::kArray, tokens}});
  EXPECT_EQ(sample.shape().vocabulary, 50U);
  EXPECT_EQ(sample.set("vocab_size", 70).shape().vocabulary, 70U);
}

TEST(Shape, NamesTheQuantisation) {
  const std::vector<std::pair<std::uint32_t, std::string>> names = {
      {0, "F32"},     {1, "F16"},     {2, "Q4_0"},       {3, "Q4_1"},    {4, "unknown"},   {7, "Q8_0"},
      {8, "Q5_0"},    {9, "Q5_1"},    {10, "Q2_K"},      {11, "Q3_K_S"}, {13, "Q3_K_L"},   {14, "Q4_K_S"},
      {17, "Q5_K_M"}, {18, "Q6_K"},   {19, "IQ2_XXS"},   {21, "Q2_K_S"}, {24, "IQ1_S"},    {30, "IQ4_XS"},
      {32, "BF16"},   {36, "TQ1_0"},  {38, "MXFP4_MOE"}, {39, "NVFP4"},  {1039, "Q4_K_M"}, {40, "Q1_0"},
      {41, "Q2_0"},   {99, "unknown"}};
  for (const auto& [id, name] : names) {
    EXPECT_EQ(Sample().put(gguf_uint32("general.file_type", id)).shape().quantization, name) << id;
  }
  EXPECT_EQ(Sample().drop("general.file_type").shape().quantization, "unknown");
}

TEST(Shape, RefusesWhatIsNoLanguageModel) {
  const auto unsupported = ErrorKind::kUnsupported;
  expect_refused(Sample().drop("general.architecture"), "general.architecture", unsupported);
  expect_refused(Sample("clip"), "general.type", unsupported);
  expect_refused(Sample().put(gguf_string("general.type", "adapter")), "general.type", unsupported);
  Sample vocabulary_only;
  vocabulary_only.header.tensors.clear();
  expect_refused(vocabulary_only, "tensor count", unsupported);
  EXPECT_TRUE(Sample().put(gguf_string("general.type", "model")).read());
}

TEST(Shape, RefusesMissingHyperparameters) {
  for (const auto* key : {"block_count", "embedding_length", "attention.head_count"}) {
    expect_refused(Sample().without(key), std::string("llama.") + key);
  }
}

TEST(Shape, RefusesHyperparametersOutOfRange) {
  const std::vector<std::pair<std::string, std::uint32_t>> wrong = {
      {"block_count", 0},
      {"block_count", 513},
      {"block_count", 1U << 31U},
      {"block_count", 1},
      {"embedding_length", 0},
      {"embedding_length", 2'000'000},
      {"embedding_length", 32},
      {"attention.head_count", 0},
      {"attention.head_count", 6},
      {"attention.head_count", 100'000},
      {"context_length", 0},
      {"context_length", ~0U},
      {"expert_count", 2000},
      {"attention.key_length", 0},
      {"attention.head_count_kv", 3},
      {"attention.head_count_kv", 8},
      {"attention.value_length", 100'000},
      {"nextn_predict_layers", 2},
      {"feed_forward_length", 1U << 30U},
      {"full_attention_interval", 0},
  };
  for (const auto& [key, number] : wrong) expect_refused(Sample().set(key, number), "llama." + key);
}

TEST(Shape, RefusesHyperparametersOfAnotherKind) {
  expect_refused(Sample().put(gguf_string("llama.block_count", "32")), "llama.block_count");
  expect_refused(Sample().put(gguf_float32("llama.block_count", 32)), "llama.block_count");
  expect_refused(Sample().set("block_count", std::vector{2}), "llama.block_count");
  expect_refused(Sample().set("attention.head_count", std::vector{4}), "llama.attention.head_count");
  expect_refused(Sample().set("attention.head_count", std::vector{4, -4}), "llama.attention.head_count");
  expect_refused(Sample().put(gguf_float32_array("llama.attention.head_count_kv", {2, 1.5F})),
                 "llama.attention.head_count_kv");
}

TEST(Shape, RefusesExpertsThatContradictEachOther) {
  expect_refused(Sample().set("expert_count", 8), "llama.expert_used_count");
  expect_refused(Sample().set("expert_count", 8).set("expert_used_count", 0), "llama.expert_used_count");
  expect_refused(Sample().set("expert_count", 8).set("expert_used_count", 9), "llama.expert_used_count");
  expect_refused(Sample().add(0, "ffn_up_exps.weight", {64, 32, 8}), "llama.expert_count");
  expect_refused(
      Sample().set("expert_count", 4).set("expert_used_count", 2).add(0, "ffn_up_exps.weight", {64, 32, 8}),
      "llama.expert_count");
}

TEST(Shape, NeverWrapsASumOfAHostileHeader) {
  Sample sample;
  for (int i = 0; i < 40; ++i) sample.add(0, "x" + std::to_string(i), {1ULL << 59U});
  const Shape shape = sample.shape();
  EXPECT_EQ(shape.parameters(), ~0ULL);
  EXPECT_EQ(shape.weight_bytes(), Bytes(~0ULL));
  EXPECT_EQ(shape.kv_bytes(Tokens(~0ULL)), Bytes(~0ULL));
}

}  // namespace
}  // namespace tokcast
