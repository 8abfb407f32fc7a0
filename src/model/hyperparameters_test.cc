#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "model/catalogue.h"

namespace tokcast {
namespace {

using testing::DoubleEq;
using testing::Optional;

GgufHeader header_of(const CatalogueRow& row) {
  GgufHeader header;
  header.metadata = hyperparameters(row).value();
  header.tensors = tensors_of(row).value();
  return header;
}

GgufHeader header_named(std::string_view id) {
  return header_of(find_catalogue_row(id).value());
}

// The number under "<architecture>.<suffix>" for a layer.
std::optional<double> of_layer(const GgufHeader& header, std::string_view suffix, std::uint32_t layer) {
  const std::string key = header.find_string("general.architecture").value() + "." + std::string(suffix);
  const GgufValue* value = header.find(key);
  const auto* array = value == nullptr ? nullptr : std::get_if<GgufArray>(&value->value);
  return array == nullptr ? header.find_double(key) : array->numbers.at(layer);
}

void expect_rows_agree(const GgufHeader& header, const Tensor& tensor, std::string_view suffix,
                       double factor) {
  const std::optional<double> number = of_layer(header, suffix, *tensor.layer());
  EXPECT_THAT(number, Optional(DoubleEq(static_cast<double>(tensor.dimensions.at(1)) / factor)))
      << tensor.name;
}

TEST(Hyperparameters, OfEveryRowSayWhatTheRowSays) {
  for (const CatalogueRow& row : catalogue()) {
    SCOPED_TRACE(row.id);
    const auto keys = hyperparameters(row);
    ASSERT_TRUE(keys) << keys.error().message;
    const GgufHeader header{.metadata = *keys};
    EXPECT_EQ(header.find_string("general.architecture"), row.architecture);
    EXPECT_EQ(header.find_uint(row.architecture + ".block_count"), row.layers);
    EXPECT_EQ(header.find_uint(row.architecture + ".embedding_length"), row.embedding_length);
    EXPECT_EQ(header.find_uint(row.architecture + ".vocab_size"), row.vocabulary);
    EXPECT_EQ(header.find_uint(row.architecture + ".expert_count"), row.experts);
    EXPECT_EQ(header.find_uint(row.architecture + ".expert_used_count"), row.experts_used);
    EXPECT_EQ(header.find_string("tokenizer.ggml.model"), "no_vocab");
  }
}

TEST(Hyperparameters, HaveNoKeyTwiceAndFullArrays) {
  for (const CatalogueRow& row : catalogue()) {
    std::set<std::string> seen;
    const std::vector<GgufKeyValue> keys = hyperparameters(row).value();
    for (const GgufKeyValue& pair : keys) {
      EXPECT_TRUE(seen.insert(pair.key).second) << row.id << " " << pair.key;
      const auto* array = std::get_if<GgufArray>(&pair.value.value);
      if (array == nullptr || pair.key.ends_with("dimension_sections")) continue;
      EXPECT_EQ(array->numbers.size(), row.layers) << row.id << " " << pair.key;
    }
  }
}

TEST(Hyperparameters, AgreeWithTheWidthsOfKeys) {
  for (const CatalogueRow& row : catalogue()) {
    SCOPED_TRACE(row.id);
    const GgufHeader header = header_of(row);
    for (const Tensor& tensor : header.tensors) {
      if (!tensor.layer() || !tensor.name.ends_with(".attn_k.weight")) continue;
      const bool shorter = row.architecture == "gemma4" &&
                           of_layer(header, "attention.sliding_window_pattern", *tensor.layer()) == 1;
      const auto length =
          of_layer(header, shorter ? "attention.key_length_swa" : "attention.key_length", *tensor.layer());
      ASSERT_TRUE(length);
      expect_rows_agree(header, tensor, "attention.head_count_kv", *length);
    }
  }
}

TEST(Hyperparameters, AgreeWithTheWidthsOfFeedForwardParts) {
  for (const CatalogueRow& row : catalogue()) {
    SCOPED_TRACE(row.id);
    const GgufHeader header = header_of(row);
    for (const Tensor& tensor : header.tensors) {
      if (!tensor.layer()) continue;
      if (tensor.name.ends_with(".ffn_up.weight")) {
        expect_rows_agree(header, tensor, "feed_forward_length",
                          row.tensor_flags.contains("fused_ffn") ? 2 : 1);
      }
      if (tensor.name.ends_with(".ffn_up_exps.weight") && row.architecture != "llama") {
        expect_rows_agree(header, tensor, "expert_feed_forward_length", 1);
      }
    }
  }
}

TEST(Hyperparameters, TellLayerKindsApartByZeros) {
  const GgufHeader nemotron = header_named("nemotron-nano-9b-v2");  // M-M-M-MM-M-M-M*...
  EXPECT_EQ(of_layer(nemotron, "attention.head_count_kv", 0), 0);
  EXPECT_EQ(of_layer(nemotron, "feed_forward_length", 0), 0);
  EXPECT_EQ(of_layer(nemotron, "feed_forward_length", 1), 15680);
  EXPECT_EQ(of_layer(nemotron, "attention.head_count_kv", 14), 8);
}

TEST(Hyperparameters, OfLatentAttentionDescribeOneSharedHead) {
  const GgufHeader header = header_named("deepseek-v3");
  EXPECT_EQ(header.find_uint("deepseek2.attention.head_count_kv"), 1);
  EXPECT_EQ(header.find_uint("deepseek2.attention.key_length"), 512 + 64);
  EXPECT_EQ(header.find_uint("deepseek2.attention.value_length"), 512);
  EXPECT_EQ(header.find_uint("deepseek2.attention.key_length_mla"), 128 + 64);
  EXPECT_EQ(header.find_uint("deepseek2.attention.q_lora_rank"), 1536);
  EXPECT_EQ(header.find_uint("deepseek2.leading_dense_block_count"), 3);
}

TEST(Hyperparameters, NameTheWindowAndItsPeriod) {
  const GgufHeader header = header_named("gemma-3-1b-it");
  EXPECT_EQ(header.find_uint("gemma3.attention.sliding_window"), 512);
  EXPECT_EQ(header.find_uint("gemma3.attention.sliding_window_pattern"), 6);
}

TEST(Hyperparameters, OfAnUnknownArchitectureAreUnsupported) {
  CatalogueRow row = find_catalogue_row("qwen3-0.6b").value();
  row.architecture = "no-such-architecture";
  const auto keys = hyperparameters(row);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().kind, ErrorKind::kUnsupported);
  EXPECT_FALSE(keys.error().fix.empty());
}

TEST(Hyperparameters, OfAHalfKnownShapeAreUnsupported) {
  CatalogueRow row = find_catalogue_row("qwen3-0.6b").value();
  row.kv_heads.clear();
  EXPECT_EQ(hyperparameters(row).error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace tokcast
