#include "choose/installed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <set>

#include "base/json.h"
#include "engine/fake_engine_test_util.h"
#include "model/gguf_writer.h"
#include "model/naming.h"
#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

// A whole GGUF file of the tiny model, weights and all (zeros).
std::string tiny_file() {
  GgufHeader header = *expand(tiny_row(), "Q8_0");
  const Bytes data = *lay_out_tensors(header);
  return *encode_gguf_header(header) + std::string(data.value, '\0');
}

class InstalledModels : public testing::Test {
 protected:
  Installed look(Holder holder, const std::string& below = "", const InstalledLimits& limits = {}) {
    const InstalledRoot root{holder, folder_.path() + below};
    return find_installed(std::span(&root, 1), limits);
  }
  std::string file(const std::string& below, const std::string& content) {
    return write_text(folder_.path() + "/" + below, content);
  }
  static const InstalledModel& only(const Installed& found) {
    EXPECT_EQ(found.models.size(), 1U);
    return found.models.front();
  }
  // A manifest whose blob has these bytes.
  void ollama(const std::string& name, const std::string& digest, std::size_t size) {
    file(
        "manifests/registry.ollama.ai/library/" + name,
        R"({"schemaVersion": 2, "layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:)" +
            digest + R"(", "size": )" + std::to_string(size) + "}]}");
  }

  TemporaryDirectory folder_;
  std::string whole_ = tiny_file();
  std::string hex_ = std::string(64, 'b');
};

TEST_F(InstalledModels, ReadsTheHeaderOfEveryModelInAFolder) {
  file("a/Tiny-Q8_0.gguf", whole_);
  file("a/notes.txt", "no model");
  file("a/mmproj-tiny.gguf", whole_);
  const Installed found = look(Holder::kFolder);
  const InstalledModel& model = only(found);
  EXPECT_EQ(model.name, "a/Tiny-Q8_0.gguf");
  ASSERT_TRUE(model.shape) << model.problem.value_or("");
  EXPECT_EQ(model.shape->quantization, "Q8_0");
  EXPECT_EQ(model.bytes, Bytes(whole_.size()));
  EXPECT_FALSE(model.problem);
}

TEST_F(InstalledModels, ATruncatedOneIsSaidToBe) {
  file("cut.gguf", whole_.substr(0, whole_.size() - 1000));
  const Installed found = look(Holder::kFolder);
  EXPECT_FALSE(only(found).shape);
  EXPECT_THAT(only(found).problem.value_or(""), testing::StartsWith("cut off: "));
}

TEST_F(InstalledModels, EveryCutOfAFileIsAProblemAndNeverACrash) {
  for (std::size_t size = 0; size < whole_.size(); size += 1 + whole_.size() / 97) {
    file("cut.gguf", whole_.substr(0, size));
    const Installed found = look(Holder::kFolder);
    EXPECT_TRUE(only(found).problem) << size;
  }
}

TEST_F(InstalledModels, WhatIsNoGgufIsSaidToBe) {
  file("page.gguf", "<!DOCTYPE html><html>Not found</html>");
  EXPECT_TRUE(only(look(Holder::kFolder)).problem);
}

TEST_F(InstalledModels, LinksOutOfTheFolderAreNotFollowed) {
  file("outside/tiny.gguf", whole_);
  fs::create_directories(folder_.path() + "/inside");
  fs::create_symlink("../outside/tiny.gguf", folder_.path() + "/inside/link.gguf");
  fs::create_symlink("nowhere.gguf", folder_.path() + "/inside/dangling.gguf");
  fs::create_directory_symlink("../outside", folder_.path() + "/inside/folder");
  fs::create_directory_symlink("..", folder_.path() + "/inside/loop");
  const Installed found = look(Holder::kLmStudio, "/inside");
  ASSERT_EQ(found.models.size(), 2U);
  EXPECT_THAT(found.models[0].problem.value_or(""), testing::HasSubstr("leads nowhere"));
  EXPECT_THAT(found.models[1].problem.value_or(""), testing::HasSubstr("out of its folder"));
}

TEST_F(InstalledModels, APipeIsNotOpened) {
  ASSERT_EQ(mkfifo((folder_.path() + "/pipe.gguf").c_str(), 0600), 0);
  EXPECT_THAT(only(look(Holder::kFolder)).problem.value_or(""), testing::HasSubstr("no regular file"));
}

TEST_F(InstalledModels, TheHubsCacheIsReadThroughItsLinksAndEachBlobOnce) {
  const std::string repository = "hub/models--user--repo-GGUF";
  file(repository + "/blobs/" + hex_, whole_);
  for (const char* commit : {"one", "two"}) {
    fs::create_directories(folder_.path() + "/" + repository + "/snapshots/" + commit);
    fs::create_symlink("../../blobs/" + hex_,
                       folder_.path() + "/" + repository + "/snapshots/" + commit + "/tiny-q8_0.gguf");
  }
  const Installed found = look(Holder::kHubCache, "/hub");
  EXPECT_EQ(only(found).name, "user/repo-GGUF/tiny-q8_0.gguf");
  EXPECT_TRUE(only(found).shape) << only(found).problem.value_or("");
}

TEST_F(InstalledModels, OllamasBlobsAreFoundByTheirManifests) {
  file("blobs/sha256-" + hex_, whole_);
  ollama("tiny/latest", hex_, whole_.size());
  const Installed found = look(Holder::kOllama);
  EXPECT_EQ(only(found).name, "tiny:latest");
  ASSERT_TRUE(only(found).shape) << only(found).problem.value_or("");
  EXPECT_EQ(only(found).shape->id, "tiny:latest") << "a blob's name says nothing";
}

TEST_F(InstalledModels, OllamasHostileManifestsAreProblems) {
  file("blobs/sha256-" + hex_, whole_);
  file("secret", "not yours");
  ollama("short/latest", hex_, whole_.size() + 1);
  ollama("escape/latest", "../../secret", 9);
  ollama("gone/latest", std::string(64, 'c'), 9);
  file("manifests/registry.ollama.ai/library/deep/latest", std::string(5000, '['));
  file("manifests/registry.ollama.ai/library/huge/latest", std::string(1 << 20, ' '));
  const Installed found = look(Holder::kOllama);
  ASSERT_EQ(found.models.size(), 5U);
  std::map<std::string, std::string> problems;
  for (const InstalledModel& model : found.models) problems[model.name] = model.problem.value_or("none");
  EXPECT_THAT(problems["short:latest"], testing::HasSubstr("cut off or changed"));
  EXPECT_THAT(problems["escape:latest"], testing::HasSubstr("no SHA-256"));
  EXPECT_THAT(problems["gone:latest"], testing::HasSubstr("gone"));
  for (const char* name : {"deep:latest", "huge:latest"}) EXPECT_NE(problems[name], "none") << name;
}

TEST_F(InstalledModels, HugeFoldersAreLeftAtABound) {
  for (int i = 0; i < 300; ++i) file("many/" + std::to_string(i) + ".txt", "");
  const Installed found = look(Holder::kFolder, "", {.entries = 100});
  EXPECT_THAT(found.remarks, testing::ElementsAre(testing::HasSubstr("stopped after")));
}

TEST_F(InstalledModels, DeepFoldersAreLeftAtABound) {
  std::string path = "deep";
  for (int i = 0; i < 30; ++i) path += "/d";
  file(path + "/tiny.gguf", whole_);
  EXPECT_TRUE(look(Holder::kFolder).models.empty());
}

TEST_F(InstalledModels, AFolderThatTheUserNamedAndThatIsNotThereIsSaid) {
  EXPECT_EQ(look(Holder::kFolder, "/nowhere").remarks.size(), 1U);
  EXPECT_TRUE(look(Holder::kJan, "/nowhere").remarks.empty());
}

TEST_F(InstalledModels, EveryRootOfTheEnvironmentIsLookedAtOnce) {
  const std::map<std::string, std::string> variables{{"HOME", "/home/me"},
                                                     {"HF_HOME", "/data/hf"},
                                                     {"XDG_CACHE_HOME", "/home/me/.cache"},
                                                     {"OLLAMA_MODELS", "/data/ollama"},
                                                     {"LLAMA_CACHE", "relative/is/refused"}};
  const auto roots = installed_roots(
      [&variables](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
      },
      {});
  std::vector<std::string> paths;
  for (const InstalledRoot& root : roots) paths.push_back(root.path);
  EXPECT_THAT(paths,
              testing::IsSupersetOf({"/data/hf/hub", "/home/me/.cache/huggingface/hub", "/data/ollama",
                                     "/home/me/.ollama/models", "/home/me/.lmstudio/models",
                                     "/home/me/.local/share/nomic.ai/GPT4All", "/home/me/jan/models"}));
  EXPECT_EQ(std::set(paths.begin(), paths.end()).size(), paths.size());
}

TEST(RowOf, AFileIsTheRowWhoseNameAndSizeItHas) {
  const Shape shape = find_shape("qwen3-4b:Q6_K").value();
  const CatalogueRow* row = row_of(shape, "bartowski/Qwen_Qwen3-4B-GGUF/Qwen_Qwen3-4B-Q6_K.gguf");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->id, "qwen3-4b");
  EXPECT_EQ(row_of(find_shape("qwen3-4b-instruct-2507").value(), "Qwen3-4B-Instruct-2507-Q4_K_M.gguf")->id,
            "qwen3-4b-instruct-2507");
  EXPECT_EQ(row_of(tiny_shape("Q8_0"), "tiny"), nullptr);
}

}  // namespace
}  // namespace tokcast
