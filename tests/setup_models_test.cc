// `tokcast setup` where no tier is named: the best model of the catalogue, which here is one of the user's
// own that the hub on loopback has.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "setup_test_util.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

// Two rows of the served model's own facts, and of a quality that no other has.
std::string house_row(const std::string& id, int rating) {
  return fmt::format(
      R"({{"id": "{0}", "family": "house", "architecture": "llama", "gguf_repo": "user/{0}-GGUF",
    "layers": 8, "embedding_length": 64, "heads": [4], "kv_heads": [2], "head_length": 16,
    "feed_forward_length": [128], "vocabulary": 259, "context_length": 32768, "parameters": 329152, "licence": "MIT",
    "uses": {{"chat": true}}, "quality": {{"arena_elo": {1}}}, "quality_source": "the house"}})",
      id, rating);
}

class SetupOfModels : public SetupCli {
 protected:
  SetupOfModels() {
    write_text(home_ / ".config/tokcast/catalogue.json",
               fmt::format(R"({{"schema": "tokcast.catalogue/1", "models": [{}, {}]}})",
                           house_row("house-large", 9000), house_row("house-small", 8000)));
    for (const std::string id : {"house-large", "house-small"})
      hub_.add("user/" + id + "-GGUF", id + "-Q8_0.gguf", model_for_conversations());
  }

  ChildResult setup_best(const std::vector<std::string>& more = {"--yes", "--json"}) {
    std::vector<std::string> arguments{"setup", "--use", "chat", "--env", env_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return tokcast(arguments);
  }
  Json set_up() {
    const ChildResult result = setup_best();
    EXPECT_EQ(result.exit_code, 0) << result.standard_error << result.standard_output;
    EXPECT_EQ(schema_findings("setup", result.standard_output), "");
    return parsed(result);
  }
};

TEST_F(SetupOfModels, WhatIsRecommendedIsSetUp) {
  const Json document = set_up();
  EXPECT_EQ(document["chosen"], "house-large:Q8_0");
  EXPECT_EQ(document["registry"], "catalogue");
  EXPECT_EQ(document["done"]["promise_kept"], true);
  EXPECT_EQ(env().get("LOCAL_LLM_MODEL_PATH"), document["done"]["llm_path"].get<std::string>());
  EXPECT_TRUE(fs::exists(*env().get("LOCAL_LLM_MODEL_PATH")));
  EXPECT_EQ(env().get("LOCAL_LLM_MAX_TOKENS"), "256");
  const std::string config = read_text(config_);
  EXPECT_TRUE(contains(config, "model = \"house-large:Q8_0\"\n")) << config;
  EXPECT_FALSE(contains(config, "\ntier =")) << config;
  const Json advice = parsed(tokcast({"recommend", "--use", "chat", "--json"}));
  EXPECT_EQ(advice["recommended"], "house-large");
  EXPECT_EQ(advice["recommended_quantization"], "Q8_0");
}

TEST_F(SetupOfModels, AgainItChangesNothing) {
  set_up();
  const auto before = snapshot({".cache/tokcast/", "engine/"});
  const std::size_t measured = measurements();
  const Json again = set_up();
  EXPECT_EQ(again["chosen"], "house-large:Q8_0");
  EXPECT_EQ(again["done"]["bytes_fetched"], 0);
  EXPECT_EQ(measurements(), measured);
  EXPECT_EQ(snapshot({".cache/tokcast/", "engine/"}), before);
}

TEST_F(SetupOfModels, TellsItsReasonsBeforeAnythingIsFetched) {
  const ChildResult result = setup_best({"--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_TRUE(contains(result.standard_output, "arena_elo 9000")) << result.standard_output;
  EXPECT_TRUE(contains(result.standard_output, "To fetch: ")) << result.standard_output;
  EXPECT_FALSE(fs::exists(env_));
}

// The repository has one mix only; so the smaller ones are looked for, not found and passed over.
TEST_F(SetupOfModels, ABrokenPromiseIsSaidAndTheNextModelTried) {
  use_engine_slow_with("house-large-Q8_0");
  const ChildResult result = setup_best({"--yes"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error << result.standard_output;
  EXPECT_TRUE(contains(result.standard_error, "house-large:Q8_0 breaks its promise"))
      << result.standard_error;
  EXPECT_TRUE(contains(*env().get("LOCAL_LLM_MODEL_PATH"), "house-small-Q8_0")) << read_text(env_);
  EXPECT_EQ(set_up()["chosen"], "house-small:Q8_0");
}

TEST_F(SetupOfModels, WhatIsHereAlreadyIsTakenAsItIs) {
  const TestFile file = model_for_conversations();
  const std::string path =
      write_text(home_ / ".cache/llama.cpp/house-large-Q8_0.gguf", file.bytes(0, file.size));
  const Json document = set_up();
  EXPECT_EQ(document["chosen"], "house-large:Q8_0");
  EXPECT_EQ(document["done"]["llm_path"], path);
  EXPECT_EQ(document["done"]["bytes_fetched"], 0);
  EXPECT_EQ(hub_.request_count(), 0U);
  // Somebody takes it away: chosen anew, and fetched.
  fs::remove(path);
  EXPECT_GT(set_up()["done"]["bytes_fetched"], 0);
  EXPECT_TRUE(fs::exists(*env().get("LOCAL_LLM_MODEL_PATH")));
}

TEST_F(SetupOfModels, OfflineOnlyWhatIsHereIsACandidate) {
  const ChildResult nothing = setup_best({"--yes", "--offline"});
  EXPECT_EQ(nothing.exit_code, 33) << nothing.standard_error;
  EXPECT_TRUE(contains(nothing.standard_error, "without --offline")) << nothing.standard_error;
  const TestFile file = model_for_conversations();
  write_text(home_ / "models/llm/house-small-Q8_0.gguf", file.bytes(0, file.size));
  const ChildResult result = setup_best({"--yes", "--offline", "--models-dir", home_ / "models"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_EQ(env().get("LOCAL_LLM_MODEL_PATH"), home_ / "models/llm/house-small-Q8_0.gguf");
  EXPECT_EQ(hub_.request_count(), 0U);
}

// What other programs keep is read with suspicion, and never changed.
TEST_F(SetupOfModels, HostileFilesInTheCachesOfOthersAreSaidAndLeftAlone) {
  const std::string outside = write_text(home_ / "outside/secret", "not yours");
  fs::create_directories(home_ / ".cache/llama.cpp");
  fs::create_symlink(outside, home_ / ".cache/llama.cpp/house-large-Q8_0.gguf");
  write_text(home_ / ".ollama/models/manifests/registry.ollama.ai/library/evil/latest",
             R"({"layers": [{"mediaType": "application/vnd.ollama.image.model",
                 "digest": "sha256:../../../../outside/secret", "size": 9}]})");
  write_text(home_ / ".lmstudio/models/a/b/cut-Q8_0.gguf",
             std::string("GGUF\3\0\0\0", 8) + std::string(8, '\xff'));
  const std::vector<std::string> own{
      ".cache/huggingface/",   ".cache/tokcast/", ".config/tokcast/config.toml",
      ".local/state/tokcast/", "server/.env",     "engine/"};
  const auto before = snapshot(own);
  const ChildResult result = setup_best({"--yes"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_TRUE(contains(result.standard_error, "cut-Q8_0.gguf")) << result.standard_error;
  EXPECT_TRUE(contains(*env().get("LOCAL_LLM_MODEL_PATH"), "huggingface")) << read_text(env_);
  EXPECT_EQ(snapshot(own), before);
}

TEST_F(SetupOfModels, AHostileCatalogueIsRefusedWithItsPlaceAndNothingIsDone) {
  const std::string path = home_ / ".config/tokcast/catalogue.json";
  const std::string row = house_row("house-large", 9000);
  const auto replaced = [&row](const std::string& from, const std::string& to) {
    std::string out = row;
    out.replace(out.find(from), from.size(), to);
    return fmt::format(R"({{"schema": "tokcast.catalogue/1", "models": [{}]}})", out);
  };
  for (const std::string& text : {replaced("[128]", "[0]"), replaced("\"layers\": 8", "\"layers\": 1e9"),
                                  replaced("\"house\"", "\"\\u0000\", \"evil\": 1"), std::string(100, '['),
                                  std::string("\x7f\x45LF")}) {
    write_text(path, text);
    const ChildResult result = setup_best({"--yes"});
    EXPECT_EQ(result.exit_code, 34) << text << result.standard_error;
    EXPECT_TRUE(contains(result.standard_error, "catalogue.json")) << result.standard_error;
  }
  write_text(path, replaced("user/house-large-GGUF", "../../../etc/passwd"));
  EXPECT_NE(setup_best({"--yes"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(env_));
  EXPECT_EQ(hub_.body_bytes(), 0U);
}

}  // namespace
}  // namespace tokcast
