#include "model/catalogue_rows.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/temporary_directory_test_util.h"
#include "model/catalogue_data.h"
#include "model/naming.h"

namespace tokcast {
namespace {

// A model of today with another name.
Json good_row() {
  return parse_json(R"({"id": "mine-1b", "family": "mine", "architecture": "llama", "layers": 16,
    "embedding_length": 2048, "heads": [32], "kv_heads": [8], "head_length": 64, "feed_forward_length": [8192],
    "vocabulary": 32000, "tied_embeddings": true, "context_length": 8192, "parameters": 1038000000,
    "uses": {"chat": true, "thinks": "never"}, "uses_source": {"chat": "we made it"}, "languages": ["DE"]})",
                    "test")
      .value();
}

Json document_of(Json row) {
  Json out{{"schema", "tokcast.catalogue/1"}, {"models", Json::array()}};
  out["models"].push_back(std::move(row));
  return out;
}

Result<std::vector<CatalogueRow>> rows_of(const Json& row) {
  return catalogue_rows(document_of(row), "mine.json");
}

TEST(CatalogueRows, OursPassTheChecksThatTheUsersDo) {
  const Json document = parse_json(catalogue_json(), "ours").value();
  const auto rows = catalogue_rows(document, "ours");
  ASSERT_TRUE(rows) << describe(rows.error());
  EXPECT_GE(rows->size(), 240U);
}

TEST(CatalogueRows, ReadAbilitiesWithTheirSources) {
  const auto rows = rows_of(good_row());
  ASSERT_TRUE(rows) << describe(rows.error());
  const Abilities& abilities = rows->front().abilities;
  EXPECT_EQ(abilities.chat, true);
  EXPECT_EQ(abilities.code, std::nullopt) << "what nobody says is not known";
  EXPECT_EQ(abilities.thinks, Thinks::kNever);
  EXPECT_EQ(abilities.languages, std::vector<std::string>{"de"});
  EXPECT_EQ(abilities.sources.at("chat"), "we made it");
}

struct Wrong {
  const char* name;
  const char* patch;  // merged into the good row
  const char* place;  // the error's ends with
};

const Wrong kWrong[] = {{"no layers", R"({"layers": 0})", "layers"},
                        {"more layers than any model", R"({"layers": 100000})", "layers"},
                        {"a negative width", R"({"embedding_length": -1})", "embedding_length"},
                        {"a fraction", R"({"layers": 1.5})", "layers"},
                        {"text for a number", R"({"vocabulary": "many"})", "vocabulary"},
                        {"a number for text", R"({"licence": 3})", "licence"},
                        {"lists that do not match", R"({"heads": [1, 2]})", "heads"},
                        {"a huge list", R"({"heads": {}})", "heads"},
                        {"experts without a choice", R"({"experts": 8})", "experts_used"},
                        {"an id with a path in it", R"({"id": "../etc/passwd"})", "id"},
                        {"an id with an escape", "{\"id\": \"a\\u001b[31m\"}", "id"},
                        {"a score that is no number", R"({"quality": {"arena_elo": "best"}})", "quality"},
                        {"a thought of another kind", R"({"uses": {"thinks": "deeply"}})", "thinks"},
                        {"a use that is no flag", R"({"uses": {"chat": "yes"}})", "chat"},
                        {"flags that are nested", R"({"tensor_flags": {"pattern": [[]]}})", "tensor_flags"},
                        {"a size of nothing", R"({"published_bytes": {"Q4_K_M": 0}})", "published_bytes"}};

TEST(CatalogueRows, WhatIsWrongIsNamedWithItsPlace) {
  for (const Wrong& wrong : kWrong) {
    Json row = good_row();
    row.merge_patch(parse_json(wrong.patch, wrong.name).value());
    const auto rows = rows_of(row);
    ASSERT_FALSE(rows) << wrong.name;
    EXPECT_EQ(rows.error().kind, ErrorKind::kBadInput) << wrong.name;
    EXPECT_TRUE(rows.error().place.ends_with(wrong.place)) << wrong.name << ": " << rows.error().place;
    EXPECT_TRUE(rows.error().place.starts_with("mine.json, models[0]")) << rows.error().place;
    EXPECT_EQ(rows.error().place.find('\x1b'), std::string::npos);
  }
}

TEST(CatalogueRows, AMisspeltKeyIsRefusedWithTheNearest) {
  Json row = good_row();
  row["context_lenght"] = 4096;
  const auto rows = rows_of(row);
  ASSERT_FALSE(rows);
  EXPECT_NE(rows.error().fix.find("context_length"), std::string::npos) << describe(rows.error());
}

TEST(CatalogueRows, OneIdStandsThereOnce) {
  Json document = document_of(good_row());
  document["models"].push_back(good_row());
  EXPECT_FALSE(catalogue_rows(document, "mine.json"));
}

TEST(CatalogueRows, AnotherSchemaIsNotGuessedAt) {
  for (const char* text : {"{}", "[]", "3", R"({"schema": "tokcast.catalogue/2", "models": []})"}) {
    EXPECT_FALSE(catalogue_rows(parse_json(text, "x").value(), "x")) << text;
  }
}

class UserCatalogue : public testing::Test {
 protected:
  void write(const Json& document) { std::ofstream(path_) << document; }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_ / "catalogue.json";
};

TEST_F(UserCatalogue, NoFileIsNoModels) {
  const auto rows = read_user_catalogue(path_);
  ASSERT_TRUE(rows);
  EXPECT_TRUE(rows->empty());
}

TEST_F(UserCatalogue, ItsModelsAreMarkedAsTheUsersOwn) {
  write(document_of(good_row()));
  const auto rows = read_user_catalogue(path_);
  ASSERT_TRUE(rows) << describe(rows.error());
  EXPECT_TRUE(rows->front().own);
}

TEST_F(UserCatalogue, FactsThatMakeNoModelAreRefused) {
  for (
      const char* patch :
      {R"({"heads": [0]})", R"({"feed_forward_length": [-1]})", R"({"feed_forward_length": [0]})",
       R"({"head_length": 0})", R"({"architecture": "no-such"})", R"({"heads": [3], "kv_heads": [2]})",
       R"({"tensor_flags": {"pattern": "A"}, "architecture": "lfm2"})",
       R"({"experts": 65536, "experts_used": 1, "expert_feed_forward_length": 16777216, "architecture": "qwen3moe",
            "embedding_length": 16777216, "layers": 512})"}) {
    Json row = good_row();
    row.merge_patch(parse_json(patch, "patch").value());
    write(document_of(row));
    const auto rows = read_user_catalogue(path_);
    ASSERT_FALSE(rows) << patch;
    EXPECT_EQ(rows.error().kind, ErrorKind::kBadInput) << describe(rows.error());
    EXPECT_NE(rows.error().place.find("models[0] (mine-1b)"), std::string::npos) << describe(rows.error());
  }
}

TEST_F(UserCatalogue, DeepHugeAndBrokenFilesAreRefused) {
  for (const std::string& text :
       {std::string(200, '['), std::string(5 << 20, ' '), std::string("{\"schema\":")}) {
    std::ofstream(path_, std::ios::trunc) << text;
    const auto rows = read_user_catalogue(path_);
    ASSERT_FALSE(rows) << text.size();
    EXPECT_EQ(rows.error().kind, ErrorKind::kBadInput);
  }
}

}  // namespace
}  // namespace tokcast
