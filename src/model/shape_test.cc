#include "model/shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/shape_sample_test_util.h"

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Shape, ReadsALlama) {
  const Shape shape = ShapeSample().shape();
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
  const Shape shape = ShapeSample().shape();
  const std::uint64_t layer = 64 * 32 + 64 * 128;
  EXPECT_EQ(shape.parameters(), 2 * 6400 + 64 + 2 * layer);
  EXPECT_EQ(shape.active_parameters(), shape.parameters());
  const std::uint64_t q8_layer = layer / 32 * 34;
  EXPECT_EQ(shape.weight_bytes(), Bytes(12800 + 6800 + 256 + 2 * q8_layer));
  EXPECT_EQ(shape.decode_bytes(), Bytes(128 + 6800 + 256 + 2 * q8_layer)) << "one row of the embedding";
}

TEST(Shape, ReadsATiedEmbeddingWholeForEachToken) {
  const Shape shape = ShapeSample().without_tensor("output.weight").shape();
  EXPECT_TRUE(shape.tied_output);
  EXPECT_EQ(shape.decode_bytes(), shape.weight_bytes());
}

TEST(Shape, UsesHeadCountWhereNoKeyValueHeadsAreGiven) {
  EXPECT_EQ(ShapeSample().without("attention.head_count_kv").shape().layers[0].kv_heads, 4U);
}

TEST(Shape, ReadsHeadsLayerByLayer) {
  const Shape shape = ShapeSample()
                          .set("attention.head_count", std::vector{4, 8})
                          .set("attention.head_count_kv", std::vector{1, 2})
                          .shape();
  EXPECT_EQ(shape.layers[0].kv_heads, 1U);
  EXPECT_EQ(shape.layers[1].heads, 8U);
  EXPECT_EQ(shape.kv_bytes_per_token(), Bytes((1UL + 2) * 32UL * 2));
}

TEST(Shape, ReadsHeadLengthsThatDoNotDivideTheEmbedding) {
  const Shape shape = ShapeSample()
                          .set("attention.head_count", 6)
                          .set("attention.key_length", 24)
                          .set("attention.value_length", 8)
                          .shape();
  EXPECT_EQ(shape.layers[0].key_length, 24U);
  EXPECT_EQ(shape.layers[0].value_length, 8U);
  EXPECT_EQ(shape.kv_bytes_per_token(1), Bytes(2UL * 2UL * (24UL + 8)));
}

TEST(Shape, CountsChosenExpertsOnly) {
  ShapeSample sample("qwen3moe");
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
  ShapeSample sample;
  sample.set("expert_count", 4).set("expert_used_count", 1);
  for (int i = 0; i < 4; ++i) sample.add(0, "ffn_up." + std::to_string(i) + ".weight", {64, 32});
  const Shape shape = sample.shape();
  EXPECT_TRUE(shape.layers[0].mixture_of_experts);
  // A single expert's tensor counts for the share that is read of it on average.
  EXPECT_EQ(shape.parameters() - shape.active_parameters(), 3U * 64 * 32);
}

TEST(Shape, TakesZeroExpertsForADenseModel) {
  EXPECT_EQ(ShapeSample().set("expert_count", 0).shape().experts, std::nullopt);
}

TEST(Shape, NamesWhatIsNotModelled) {
  EXPECT_THAT(ShapeSample("foo").shape().not_modelled, ElementsAre("the architecture \"foo\" is not known"));
  EXPECT_THAT(ShapeSample("bert").shape().not_modelled, ElementsAre(HasSubstr("encoders")));
  EXPECT_THAT(ShapeSample("t5").shape().not_modelled, ElementsAre(HasSubstr("encoder-decoder")));
  EXPECT_THAT(ShapeSample("llada").shape().not_modelled, ElementsAre(HasSubstr("diffusion")));
  EXPECT_THAT(ShapeSample("rwkv7").shape().not_modelled, ElementsAre(HasSubstr("RWKV")));
  EXPECT_THAT(ShapeSample("deepseek32").shape().not_modelled, ElementsAre(HasSubstr("indexer")));
  EXPECT_THAT(ShapeSample().set("attention.head_count_kv", 4).shape().not_modelled,
              ElementsAre(HasSubstr("another size")));
}

TEST(Shape, TellsTheSizeOfTheVocabularyFromWhatThereIs) {
  ShapeSample sample;
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
    EXPECT_EQ(ShapeSample().put(gguf_uint32("general.file_type", id)).shape().quantization, name) << id;
  }
  EXPECT_EQ(ShapeSample().drop("general.file_type").shape().quantization, "unknown");
}

TEST(Shape, NeverWrapsASumOfAHostileHeader) {
  ShapeSample sample;
  for (int i = 0; i < 40; ++i) sample.add(0, "x" + std::to_string(i), {1ULL << 59U});
  const Shape shape = sample.shape();
  EXPECT_EQ(shape.parameters(), ~0ULL);
  EXPECT_EQ(shape.weight_bytes(), Bytes(~0ULL));
  EXPECT_EQ(shape.kv_bytes(Tokens(~0ULL)), Bytes(~0ULL));
}

}  // namespace
}  // namespace tokcast
