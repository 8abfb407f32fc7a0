#include "choose/ollama_manifest.h"

#include <gtest/gtest.h>

#include <string>

namespace tokcast {
namespace {

const std::string kHex(64, 'a');

std::string manifest(const std::string& digest,
                     const std::string& type = "application/vnd.ollama.image.model") {
  return R"({"schemaVersion": 2, "layers": [{"mediaType": "application/vnd.ollama.image.params", "digest": "../x"},
            {"mediaType": ")" +
         type + R"(", "digest": ")" + digest + R"(", "size": 4661211424}]})";
}

TEST(OllamaManifest, NamesTheBlobOfTheModel) {
  for (const char* separator : {":", "-"}) {
    const auto model = parse_ollama_manifest(manifest("sha256" + std::string(separator) + kHex), "m");
    ASSERT_TRUE(model) << describe(model.error());
    EXPECT_EQ(model->blob, "sha256-" + kHex);
    EXPECT_EQ(model->size, Bytes(4661211424));
    EXPECT_FALSE(model->has_adapter);
  }
}

TEST(OllamaManifest, ADigestThatIsNoneNeverBecomesAPath) {
  for (const std::string& digest :
       {std::string("sha256:../../../../etc/passwd"), "sha256:" + std::string(63, 'a'),
        "sha256:" + std::string(65, 'a'), "sha256:" + std::string(64, 'A'),
        "sha256:" + std::string(63, 'a') + "/", "sha512:" + kHex, "sha256/" + kHex, kHex, std::string(),
        "sha256:" + std::string(63, 'a') + "\\u0000"}) {
    const auto model = parse_ollama_manifest(manifest(digest), "m");
    ASSERT_FALSE(model) << digest;
    EXPECT_EQ(model.error().kind, ErrorKind::kBadInput);
    EXPECT_EQ(model.error().place, "m, digest");
  }
}

TEST(OllamaManifest, WhatIsNoManifestIsRefused) {
  for (const char* text : {"", "[]", "3", "{}", R"({"schemaVersion": 1, "layers": []})",
                           R"({"schemaVersion": "2", "layers": []})", R"({"schemaVersion": 2})",
                           R"({"schemaVersion": 2, "layers": {}})", R"({"schemaVersion": 2, "layers": [3]})",
                           R"({"schemaVersion": 2, "layers": []})", "{\"schemaVersion\": 2, \"layers\": ["}) {
    EXPECT_FALSE(parse_ollama_manifest(text, "m")) << text;
  }
  EXPECT_FALSE(parse_ollama_manifest(std::string(300'000, ' ') + manifest("sha256:" + kHex), "m"))
      << "too large";
  EXPECT_FALSE(parse_ollama_manifest(std::string(1000, '['), "m")) << "too deep";
}

TEST(OllamaManifest, SaysWhatIsNoGguf) {
  const auto tensors =
      parse_ollama_manifest(manifest("sha256:" + kHex, "application/vnd.ollama.image.tensor"), "m");
  ASSERT_FALSE(tensors);
  EXPECT_EQ(tensors.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(tensors.error().message.find("tensor by tensor"), std::string::npos);
}

TEST(OllamaManifest, AMissingOrAbsurdSizeIsUnknown) {
  const std::string text =
      R"({"schemaVersion": 2, "layers": [{"mediaType": "application/vnd.ollama.image.model",
    "digest": "sha256:)" +
      kHex + R"(", "size": -1}]})";
  const auto model = parse_ollama_manifest(text, "m");
  ASSERT_TRUE(model);
  EXPECT_FALSE(model->size);
}

TEST(OllamaManifest, ModelsAreCalledAsOllamaCallsThem) {
  EXPECT_EQ(ollama_name("registry.ollama.ai/library/llama3/8b"), "llama3:8b");
  EXPECT_EQ(ollama_name("registry.ollama.ai/me/mine/latest"), "me/mine:latest");
  EXPECT_EQ(ollama_name("hf.co/bartowski/Some-GGUF/Q4_K_M"), "hf.co/bartowski/Some-GGUF:Q4_K_M");
  EXPECT_EQ(ollama_name("odd"), "odd");
}

}  // namespace
}  // namespace tokcast
