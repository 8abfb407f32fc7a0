// The catalogue, the user's own, and models that other programs keep here: the real executable.
#include <gtest/gtest.h>

#include <filesystem>

#include "cli_test_util.h"
#include "model/gguf_writer.h"
#include "model/tiny_model_test_util.h"
#include "schema.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

// A whole small model, weights of zeros and all.
std::string whole_model() {
  GgufHeader header = *expand(tiny_row(), "Q8_0");
  const Bytes data = *lay_out_tensors(header);
  return *encode_gguf_header(header) + std::string(data.value, '\0');
}

class Models : public Cli {
 protected:
  Models() {
    // What the developer keeps is none of the test's business.
    for (const char* name :
         {"LLAMA_CACHE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "OLLAMA_MODELS"})
      set(name, "");
  }
  void keep(const std::string& below, const std::string& content) { write_text(home_ / below, content); }
  void keep_own_catalogue(const std::string& text) { keep(".config/tokcast/catalogue.json", text); }
  static const Json& named(const Json& all, const std::string& name) {
    for (const Json& one : all["models"]) {
      if (one["name"] == name) return one;
    }
    ADD_FAILURE() << "no " << name << " in " << all.dump();
    return all;
  }

  std::string whole_ = whole_model();
};

constexpr const char* kOwn =
    R"({"schema": "tokcast.catalogue/1", "models": [{"id": "house-1b", "family": "house",
  "architecture": "llama", "layers": 16, "embedding_length": 2048, "heads": [32], "kv_heads": [8],
  "head_length": 64, "feed_forward_length": [8192], "vocabulary": 32000, "tied_embeddings": true,
  "context_length": 8192, "parameters": 1038000000, "licence": "MIT", "uses": {"chat": true}}]})";

TEST_F(Models, TheCommittedCatalogueMatchesItsSchema) {
  const std::string text = read_text(TOKCAST_CATALOGUE);
  EXPECT_EQ(schema_findings("catalogue", text), "");
  const Json document = parse_json(text, "catalogue").value();
  EXPECT_GE(document["models"].size(), 240U);
}

TEST_F(Models, FiltersLeaveOutWhatIsKnownNotToDo) {
  const ChildResult result = tokcast({"models", "--use", "chat", "--licence", "apache", "--max-parameters",
                                      "10", "--language", "ko", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_EQ(schema_findings("models", result.standard_output), "");
  const Json all = parsed(result);
  for (const Json& one : all["models"]) {
    EXPECT_EQ(one["licence_kind"], "permissive") << one["id"];
    EXPECT_LE(one["parameters"], 10'000'000'000) << one["id"];
    EXPECT_NE(one["uses"]["chat"], false) << one["id"];
    EXPECT_TRUE(one["languages"].is_null() || one["languages"].dump().find("\"ko\"") != std::string::npos)
        << one["id"];
  }
  double before = 1e9;
  for (const Json& one : all["models"]) {
    const double cautious = one["quality"]["points"].get<double>() - one["quality"]["spread"].get<double>();
    EXPECT_LE(cautious, before) << "best first";
    before = cautious;
  }
}

TEST_F(Models, SizesAreOfTheQuantisationAskedFor) {
  const Json large = parsed(tokcast({"models", "qwen3-4b", "--quant", "Q8_0", "--json"}));
  const Json small = parsed(tokcast({"models", "qwen3-4b", "--json"}));
  EXPECT_GT(large["models"][0]["weights_bytes"], small["models"][0]["weights_bytes"]);
  EXPECT_EQ(tokcast({"models", "--quant", "Q4_Z"}).exit_code, 2);
  EXPECT_EQ(tokcast({"models", "--use", "vocie"}).exit_code, 2);
}

TEST_F(Models, TheUsersOwnCatalogueJoinsOurs) {
  keep_own_catalogue(kOwn);
  const Json found = parsed(tokcast({"models", "house", "--json"}));
  EXPECT_EQ(found["models"][0]["own"], true);
  EXPECT_EQ(tokcast({"forecast", "house-1b", "--json"}).exit_code, 0);
  const Json chosen = parsed(
      tokcast({"recommend", "--licence", "MIT", "--max-parameters", "1.1", "--effort", "1", "--json"}));
  EXPECT_TRUE(contains(chosen["ranking"].dump(), "house-1b"));
}

TEST_F(Models, AHostileCatalogueIsAnErrorThatNamesThePlace) {
  const std::vector<std::pair<std::string, std::string>> hostile{
      {R"({"schema": "tokcast.catalogue/1", "models": [{"id": "x", "layers": 999999}]})", "models[0] (x), "},
      {R"({"schema": "tokcast.catalogue/1", "models": [)" + std::string(5000, '[') + "]}", "catalogue.json"},
      {"\x7f\x45LF", "catalogue.json"},
      {R"({"schema": "tokcast.catalogue/9", "models": []})", "catalogue.json"}};
  for (const auto& [text, place] : hostile) {
    keep_own_catalogue(text);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"models"}, {"forecast", "qwen3-4b"}, {"recommend", "--effort", "1"}}) {
      const ChildResult result = tokcast(command);
      EXPECT_TRUE(result.exit_code == 34 || result.exit_code == 1) << command[0] << result.standard_error;
      EXPECT_TRUE(contains(result.standard_error, place)) << result.standard_error;
    }
  }
  EXPECT_EQ(tokcast({"engine", "list"}).exit_code, 0) << "what needs no catalogue still works";
}

TEST_F(Models, WhatOtherProgramsKeepIsListedWithItsVerdict) {
  const std::string hex(64, 'a');
  keep(".lmstudio/models/me/tiny-GGUF/tiny-Q8_0.gguf", whole_);
  keep(".cache/huggingface/hub/models--me--hub-GGUF/blobs/" + hex, whole_);
  fs::create_directories(home_ / ".cache/huggingface/hub/models--me--hub-GGUF/snapshots/c");
  fs::create_symlink("../../blobs/" + hex,
                     home_ / ".cache/huggingface/hub/models--me--hub-GGUF/snapshots/c/hub.gguf");
  keep(".ollama/models/blobs/sha256-" + hex, whole_);
  keep(
      ".ollama/models/manifests/registry.ollama.ai/library/tiny/latest",
      R"({"schemaVersion": 2, "layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:)" +
          hex + R"(", "size": )" + std::to_string(whole_.size()) + "}]}");
  keep(".local/share/nomic.ai/GPT4All/cut.gguf", whole_.substr(0, whole_.size() / 2));
  keep("jan/models/page.gguf", "<html>");
  keep("more/own.gguf", whole_);
  const ChildResult result = tokcast({"models", "--here", "--models-dir", home_ / "more", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_EQ(schema_findings("models-here", result.standard_output), "");
  const Json all = parsed(result);
  EXPECT_EQ(all["models"].size(), 6U) << result.standard_output;
  EXPECT_EQ(named(all, "tiny:latest")["holder"], "Ollama");
  EXPECT_EQ(named(all, "me/hub-GGUF/hub.gguf")["holder"], "hub cache");
  EXPECT_EQ(named(all, "own.gguf")["holder"], "folder");
  EXPECT_TRUE(named(all, "me/tiny-GGUF/tiny-Q8_0.gguf")["forecast"].is_object());
  EXPECT_TRUE(contains(named(all, "cut.gguf")["problem"].get<std::string>(), "cut off"));
  EXPECT_TRUE(named(all, "page.gguf")["forecast"].is_null());
  const ChildResult people = tokcast({"models", "--here"});
  EXPECT_TRUE(contains(people.standard_output, "unusable")) << people.standard_output;
  EXPECT_LE(widest_line(people.standard_output), 80U);
}

TEST_F(Models, NamesOfFilesDoNotReachTheTerminalRaw) {
  keep(".lmstudio/models/evil\x1b]0;title\x07.gguf", whole_);
  const ChildResult result = tokcast({"models", "--here"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_FALSE(contains(result.standard_output, "\x1b")) << result.standard_output;
}

TEST_F(Models, RecommendConsidersWhatIsHereAndMarksIt) {
  keep(".lmstudio/models/me/tiny-Q8_0.gguf", whole_);
  const ChildResult json = tokcast({"recommend", "--here", "--effort", "2", "--json"});
  EXPECT_EQ(json.exit_code, 0) << json.standard_error;
  EXPECT_EQ(schema_findings("recommend", json.standard_output), "");
  EXPECT_TRUE(contains(parsed(json)["ranking"][0]["here"].get<std::string>(), "tiny-Q8_0.gguf"));
  const ChildResult people = tokcast({"recommend", "--here", "--effort", "2", "--plot"});
  EXPECT_TRUE(contains(people.standard_output, "* on this machine already")) << people.standard_output;
  EXPECT_LE(widest_line(people.standard_output), 80U);
  fs::remove_all(home_ / ".lmstudio");
  EXPECT_EQ(tokcast({"recommend", "--here"}).exit_code, 33);
}

TEST_F(Models, RecommendForAMachineElsewhereNeedsNoEngineAndTellsTheNeighbours) {
  fs::remove_all(home_ / "engine");
  set("PATH", "/nowhere");
  const ChildResult result =
      tokcast({"recommend", "--use", "chat", "--machine", "8c avx2 2x ddr5-5600 32GiB", "--json"});
  EXPECT_EQ(schema_findings("recommend", result.standard_output), "");
  const Json answer = parsed(result);
  EXPECT_EQ(answer["use"]["name"], "chat");
  EXPECT_EQ(answer["workload"]["reply_tokens"], 256);
  ASSERT_TRUE(answer["choice"]["best"].is_object()) << result.standard_error;
  EXPECT_FALSE(answer["choice"]["best"]["reasons"].empty());
  ASSERT_TRUE(answer["choice"]["out_of_reach"].is_object());
  EXPECT_FALSE(answer["choice"]["would_take"].empty());
  EXPECT_EQ(answer["ranking"].size(), answer["forecasts"].size());
}

TEST_F(Models, AnyFlagOverridesTheUse) {
  const Json code = parsed(tokcast({"forecast", "qwen3-4b", "--use", "code", "--json"}))["workload"];
  EXPECT_EQ(code["prompt_tokens"], 6144);
  const Json other = parsed(tokcast({"forecast", "qwen3-4b", "--use", "code", "--prompt", "3000", "--reply",
                                     "7", "--ctx", "8192", "--json"}))["workload"];
  EXPECT_EQ(other["cached_tokens"], 2000) << "the share in the context stays";
  EXPECT_EQ(other["reply_tokens"], 7);
  EXPECT_EQ(other["context_tokens"], 8192);
  EXPECT_EQ(tokcast({"forecast", "qwen3-4b", "--use", "gaming"}).exit_code, 2);
}

TEST_F(Models, ShowTellsTheSizesOfAModelOfTheCatalogue) {
  const Json shown = parsed(tokcast({"models", "show", "qwen3-4b", "--json"}));
  ASSERT_GE(shown["catalogue"]["sizes"].size(), 5U);
  EXPECT_EQ(shown["catalogue"]["quality"]["decided_by"], "parameters");
  EXPECT_TRUE(contains(tokcast({"models", "show", "qwen3-4b"}).standard_output, "Sizes"));
}

}  // namespace
}  // namespace tokcast
