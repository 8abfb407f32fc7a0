#include "model/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "model/catalogue_data.h"

namespace tokcast {
namespace {

TEST(Catalogue, HoldsEveryRowOfItsFile) {
  const Result<Json> document = parse_json(catalogue_json(), "catalogue");
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ((*document)["schema"], "tokcast.catalogue/1");
  EXPECT_EQ((*document)["models"].size(), 248U);
  EXPECT_EQ(catalogue().size(), 248U);
}

// A misspelt key in the file would leave a field at its default; so every key must be one that is read, or
// one that is kept for people and for later.
TEST(Catalogue, HasNoKeyThatNobodyKnows) {
  const std::set<std::string> known = {"id",
                                       "family",
                                       "architecture",
                                       "hf_repo",
                                       "gguf_repo",
                                       "licence",
                                       "release_month",
                                       "layers",
                                       "embedding_length",
                                       "heads",
                                       "kv_heads",
                                       "head_length",
                                       "feed_forward_length",
                                       "experts",
                                       "experts_used",
                                       "expert_feed_forward_length",
                                       "shared_experts",
                                       "vocabulary",
                                       "tied_embeddings",
                                       "context_length",
                                       "sliding_window",
                                       "parameters",
                                       "tensor_flags",
                                       "sliding_window_remark",
                                       "quality",
                                       "quality_source",
                                       "uses",
                                       "uses_source",
                                       "languages",
                                       "languages_source",
                                       "published_bytes",
                                       "source",
                                       "notes",
                                       "param_check"};
  const Json document = parse_json(catalogue_json(), "catalogue").value();
  for (const Json& row : document["models"]) {
    for (const auto& [key, value] : row.items()) EXPECT_TRUE(known.contains(key)) << row["id"] << " " << key;
  }
}

TEST(Catalogue, RowsHaveAShapeAndAnIdOfTheirOwn) {
  std::set<std::string> ids;
  for (const CatalogueRow& row : catalogue()) {
    EXPECT_TRUE(ids.insert(lower(row.id)).second) << row.id;
    EXPECT_GT(row.layers, 0U) << row.id;
    EXPECT_GT(row.embedding_length, 0U) << row.id;
    EXPECT_GT(row.vocabulary, 0U) << row.id;
    EXPECT_TRUE(row.parameters) << row.id;
    for (const auto* per_layer : {&row.heads, &row.kv_heads}) {
      EXPECT_TRUE(per_layer->size() == 1 || per_layer->size() == row.layers) << row.id;
    }
    EXPECT_TRUE(row.feed_forward_length.size() <= 1 || row.feed_forward_length.size() == row.layers)
        << row.id;
    EXPECT_EQ(row.experts.has_value(), row.experts_used.has_value()) << row.id;
    EXPECT_TRUE(row.experts || !row.feed_forward_length.empty()) << row.id;
  }
}

TEST(Catalogue, ReadsTheColumnsOfAMixtureOfExperts) {
  const CatalogueRow row = find_catalogue_row("gpt-oss-20b").value();
  EXPECT_EQ(row.architecture, "gpt-oss");
  EXPECT_EQ(row.layers, 24U);
  EXPECT_THAT(row.heads, testing::ElementsAre(64));
  EXPECT_THAT(row.kv_heads, testing::ElementsAre(8));
  EXPECT_EQ(row.head_length, 64U);
  EXPECT_EQ(row.experts, 32U);
  EXPECT_EQ(row.experts_used, 4U);
  EXPECT_EQ(row.expert_feed_forward_length, 2880U);
  EXPECT_EQ(row.sliding_window, 128U);
  EXPECT_EQ(row.tensor_flags.value("moe_bias", 0), 1);
  EXPECT_FALSE(row.tied_embeddings);
}

TEST(Catalogue, WhatIsNotKnownStaysAbsent) {
  const CatalogueRow row = find_catalogue_row("llama-2-7b-chat").value();
  EXPECT_FALSE(row.experts);
  EXPECT_FALSE(row.sliding_window);
  EXPECT_FALSE(find_catalogue_row("command-r-plus").value().context_length);
}

TEST(Catalogue, IdsAreFoundInAnyCase) {
  EXPECT_EQ(find_catalogue_row("Qwen3-8B").value().id, "qwen3-8b");
}

TEST(Catalogue, AMisspeltIdIsNotFoundAndTheNearestIsSuggested) {
  const Result<CatalogueRow> row = find_catalogue_row("qwen3-8bb");
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(row.error().fix, testing::HasSubstr("qwen3-8b"));
}

TEST(Catalogue, EveryIdOfTheShortListIsInIt) {
  EXPECT_EQ(short_list().size(), 18U);
  for (const std::string_view id : short_list()) EXPECT_TRUE(find_catalogue_row(id)) << id;
}

TEST(Expand, EveryRowBecomesAFileOfItsSize) {
  for (const CatalogueRow& row : catalogue()) {
    const Result<GgufHeader> header = expand(row, "Q4_K_M");
    ASSERT_TRUE(header) << row.id << ": " << header.error().message;
    EXPECT_EQ(header->offsets.size(), header->tensors.size()) << row.id;
    EXPECT_EQ(header->find_string("general.architecture"), row.architecture);
    EXPECT_EQ(header->find_string("general.name"), row.id);
    EXPECT_EQ(header->find_uint("general.file_type"), 15U);
  }
}

TEST(Expand, ChangesTypesNotShapes) {
  const CatalogueRow row = find_catalogue_row("llama-3.2-1b-instruct").value();
  const std::vector<Tensor> plain = tensors_of(row).value();
  const GgufHeader header = expand(row, "q8_0").value();
  ASSERT_EQ(header.tensors.size(), plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(header.tensors[i].name, plain[i].name);
    EXPECT_EQ(header.tensors[i].dimensions, plain[i].dimensions);
    EXPECT_EQ(header.tensors[i].type, plain[i].type == GgmlType::kF16 ? GgmlType::kQ8_0 : plain[i].type);
  }
}

TEST(Expand, EveryRowThatExpandsCanBeForecast) {
  for (const CatalogueRow& row : catalogue()) {
    const auto shape = shape_from_header(*expand(row, "Q4_K_M"), row.id);
    ASSERT_TRUE(shape) << row.id;
    EXPECT_TRUE(shape->not_modelled.empty()) << row.id << ": " << shape->not_modelled.front();
  }
}

TEST(Expand, AnUnknownMixIsAUsageError) {
  const CatalogueRow row = find_catalogue_row("qwen3-8b").value();
  EXPECT_EQ(expand(row, "Q4").error().kind, ErrorKind::kUsage);
}

TEST(MixContext, LayersWithoutHeadsOfKeysAndLatentAttentionCountAsTheirFilesDeclare) {
  EXPECT_EQ(mix_context(find_catalogue_row("granite-4.0-h-tiny").value()).kv_heads, 0U);
  EXPECT_EQ(mix_context(find_catalogue_row("lfm2-1.2b").value()).kv_heads, 0U);
  EXPECT_EQ(mix_context(find_catalogue_row("deepseek-v3").value()).kv_heads, 1U);
  EXPECT_EQ(mix_context(find_catalogue_row("qwen3-8b").value()).kv_heads, 8U);
}

}  // namespace
}  // namespace tokcast
