// The real executable reading registries: the story's, and one made for a machine.
#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "cli_test_util.h"
#include "schema.h"

namespace tokcast {
namespace {

constexpr const char* kServer = "2x E5-2660 v3 39GiB";
constexpr const char* kDesktop = "8c avx2 2x ddr5-5600 64GiB gpu RTX 4090";

std::string registry(const std::string& name) {
  return std::string(TOKCAST_REGISTRIES) + "/" + name + ".json";
}

class RegistryCli : public Cli {};

TEST_F(RegistryCli, TheStorysPromiseIsCalledFalseWithFigures) {
  const ChildResult result =
      tokcast({"registry", "check", registry("light-medium-heavy"), "--machine", registry("story-server")});
  EXPECT_EQ(result.exit_code, 21) << result.standard_error;
  EXPECT_TRUE(contains(result.standard_output, "HEAVY: 15")) << result.standard_output;
  EXPECT_TRUE(contains(result.standard_output, "s for a turn, promised 15.0 (estimated)"))
      << result.standard_output;
  EXPECT_TRUE(contains(result.standard_output, "llm_latency_sec")) << result.standard_output;
  EXPECT_TRUE(contains(result.standard_output, "E5-2660 v3")) << result.standard_output;
  EXPECT_LE(widest_line(result.standard_output), 80U) << result.standard_output;
}

// Names and parts do not tell how much of two sockets' memory a guest gets: whether the promise is false is
// not known without measuring, only that it is at risk, and how far.
TEST_F(RegistryCli, OfTheNamedProcessorThePromiseIsAtRiskWithFigures) {
  const std::string machine = std::string(TOKCAST_FIXTURES) + "/expected/dual-xeon-e5-2660-v3.json";
  const ChildResult result =
      tokcast({"registry", "check", registry("light-medium-heavy"), "--machine", machine, "--json"});
  EXPECT_EQ(result.exit_code, 21) << "another tier's size is false" << result.standard_error;
  EXPECT_EQ(schema_findings("registry-check", result.standard_output), "");
  const Json document = parsed(result);
  for (const Json& tier : document["machines"][0]["tiers"]) {
    if (tier["tier"] != "HEAVY") continue;
    const Json& promise = tier["promises"][0];
    EXPECT_EQ(promise["standing"], "at-risk") << tier;
    EXPECT_EQ(promise["promised"], 15);
    EXPECT_LT(promise["forecast"]["low"], 15);
    EXPECT_GT(promise["forecast"]["high"], 15);
    return;
  }
  ADD_FAILURE() << document;
}

TEST_F(RegistryCli, TheDocumentIsWhatItsSchemaSays) {
  const ChildResult result = tokcast(
      {"registry", "check", registry("five-tiers"), "--machine", kServer, "--machine", kDesktop, "--json"});
  EXPECT_EQ(schema_findings("registry-check", result.standard_output), "");
  const Json document = parsed(result);
  EXPECT_EQ(document["machines"].size(), 2U);
  EXPECT_EQ(document["machines"][0]["tiers"][0]["promises"][0]["standing"], "not-made");
  EXPECT_EQ(document["machines"][1]["tiers"][0]["promises"][0]["standing"], "kept");
  EXPECT_EQ(document["notes"].size(), 2U);
}

TEST_F(RegistryCli, TheBuiltInOneIsWhatItsSchemaSays) {
  const auto text = read_file(TOKCAST_SOURCE_DIR "/data/registry.json");
  ASSERT_TRUE(text);
  EXPECT_EQ(schema_findings("registry", *text), "");
}

TEST_F(RegistryCli, WhatIsMadeForAMachineIsKeptThere) {
  const std::string path = home_ / "made.json";
  const ChildResult made = tokcast({"registry", "make", registry("light-medium-heavy"), "--machine",
                                    "Ryzen 9 7950X 32GiB", "--output", path});
  ASSERT_EQ(made.exit_code, 0) << made.standard_error;
  EXPECT_EQ(schema_findings("registry", read_text(path)), "");
  const ChildResult checked = tokcast({"registry", "check", path, "--machine", "Ryzen 9 7950X 32GiB"});
  EXPECT_EQ(checked.exit_code, 0) << checked.standard_output;
}

TEST_F(RegistryCli, AHostileFileIsRefusedWithItsPlace) {
  const std::string path = write_text(
      home_ / "bad.json",
      R"({"tiers": {"A": {"models": {"llm": {"name": "x.gguf", "url": "https://h/x", "dest_path": "../../x"}}}}})");
  const ChildResult result = tokcast({"registry", "check", path});
  EXPECT_EQ(result.exit_code, 34);
  EXPECT_TRUE(contains(result.standard_error, "bad.json#/tiers/A/models/llm/dest_path"))
      << result.standard_error;
  EXPECT_EQ(tokcast({"registry", "check", home_ / "none.json"}).exit_code, 33);
}

TEST_F(RegistryCli, AllKnownMachinesAreAnswered) {
  const ChildResult result = tokcast({"registry", "check", "--known", "--json"});
  EXPECT_EQ(schema_findings("registry-check", result.standard_output), "");
  EXPECT_EQ(parsed(result)["machines"].size(), 7U);
}

}  // namespace
}  // namespace tokcast
