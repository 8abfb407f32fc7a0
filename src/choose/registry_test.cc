#include "choose/registry.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "model/naming.h"

namespace tokcast {
namespace {

std::string fixture(const std::string& name) {
  return TOKCAST_SOURCE_DIR "/tests/fixtures/registries/" + name + ".json";
}

Registry read(const std::string& name) {
  auto registry = read_registry(fixture(name));
  EXPECT_TRUE(registry) << describe(registry.error());
  return registry.value_or(Registry{});
}

std::vector<std::string> names(const Registry& registry) {
  std::vector<std::string> out;
  for (const Tier& tier : registry.tiers) out.push_back(tier.name);
  return out;
}

const Tier& tier(const Registry& registry, std::string_view name) {
  return *find_tier(registry, name, false).value().tier;
}

// A registry of one tier; `models` and `requirements` are JSON.
Result<Registry> with(const std::string& models, const std::string& requirements = "{}") {
  const std::string text =
      fmt::format(R"({{"tiers": {{"HEAVY": {{"requirements": {}, "models": {}}}}}}})", requirements, models);
  const auto json = parse_json(text, "test");
  EXPECT_TRUE(json) << text;
  return registry_from_json(json.value_or(Json()), "test.json");
}

Result<Registry> with_llm(const std::string& name, const std::string& url,
                          const std::string& path = "m/x.gguf", const std::string& more = "") {
  return with(
      fmt::format(R"({{"llm": {{"name": "{}", "url": "{}", "dest_path": "{}"{}}}}})", name, url, path, more));
}

TEST(Registry, TheBuiltInOneIsSoundAndItsModelsAreKnown) {
  const Registry& registry = built_in_registry();
  EXPECT_EQ(names(registry), (std::vector<std::string>{"HEAVY_GPU", "MEDIUM_GPU", "LIGHT_GPU", "HEAVY_CPU",
                                                       "MEDIUM_CPU", "LIGHT_CPU", "MINIMAL"}));
  EXPECT_TRUE(registry.notes.empty());
  for (const Tier& one : registry.tiers) {
    if (!one.llm) continue;
    const auto name = catalogue_name(*one.llm);
    ASSERT_TRUE(name) << one.name;
    const auto shape = find_shape(*name);
    ASSERT_TRUE(shape) << *name;
    // What the publisher's file has more than its weights is the tokenizer.
    const std::uint64_t weights = shape->weight_bytes().value;
    EXPECT_GT(one.llm->file.size->value, weights) << one.name;
    EXPECT_LT(one.llm->file.size->value, weights + 16'000'000) << one.name;
    EXPECT_EQ(one.llm->layers, shape->layers.size()) << one.name;
  }
}

TEST(Registry, AHigherTierHasALargerModel) {
  const Registry& registry = built_in_registry();
  const auto size = [&](const char* name) { return tier(registry, name).llm->file.size->value; };
  EXPECT_GT(size("HEAVY_GPU"), size("MEDIUM_GPU"));
  EXPECT_GT(size("MEDIUM_GPU"), size("LIGHT_GPU"));
  EXPECT_GT(size("HEAVY_CPU"), size("MEDIUM_CPU"));
  EXPECT_GT(size("MEDIUM_CPU"), size("LIGHT_CPU"));
  EXPECT_FALSE(tier(registry, "MINIMAL").llm);
}

TEST(Registry, ReadsThePublishedOldOne) {
  const Registry registry = read("five-tiers");
  EXPECT_FALSE(registry.versioned);
  EXPECT_EQ(names(registry),
            (std::vector<std::string>{"HEAVY_GPU", "MEDIUM_GPU", "HEAVY_CPU", "MEDIUM_CPU", "LIGHT_CPU"}));
  const Tier& heavy = tier(registry, "HEAVY_GPU");
  EXPECT_TRUE(heavy.requirements.gpu);
  EXPECT_EQ(heavy.requirements.gpu_gigabytes, 12);
  EXPECT_EQ(heavy.expectations.turn, Seconds(8));
  EXPECT_EQ(heavy.turn.turn_budget, Seconds(8));
  EXPECT_EQ(heavy.llm->tokens_per_second_gpu, 12);
  EXPECT_EQ(heavy.speech.synthesis->files.size(), 2U);
  EXPECT_EQ(heavy.speech.recognition->name, "vosk-model-en-us-0.22");
  ASSERT_EQ(registry.notes.size(), 2U);
  EXPECT_NE(registry.notes[0].find("cpu_benchmark_min"), std::string::npos);
}

TEST(Registry, ReadsTheOneOfTheStory) {
  const Registry registry = read("light-medium-heavy");
  EXPECT_EQ(names(registry), (std::vector<std::string>{"HEAVY", "MEDIUM", "LIGHT"}));
  EXPECT_EQ(tier(registry, "heavy").expectations.turn, Seconds(15));
  EXPECT_EQ(catalogue_name(*tier(registry, "heavy").llm), "llama-2-13b-chat:Q4_K_M");
  EXPECT_FALSE(tier(registry, "heavy").on_gpu());
}

TEST(Registry, ReadsTheOneThatWasProposed) {
  const Registry registry = read("proposal");
  EXPECT_TRUE(tier(registry, "HEAVY_GPU").requirements.gpu);
  EXPECT_EQ(tier(registry, "HEAVY_GPU").requirements.gpu_gigabytes, 12);
  EXPECT_FALSE(tier(registry, "MINIMAL").llm);
  EXPECT_EQ(tier(registry, "MINIMAL").recommendation, "Use hybrid_support");
  EXPECT_EQ(registry.tiers.back().name, "MINIMAL");
}

TEST(Registry, TiersMayStandAtTheTop) {
  const auto json =
      parse_json(R"({"HEAVY_CPU": {"requirements": {"min_ram_gb": 32}}, "version": 3})", "test");
  const auto registry = registry_from_json(*json, "test");
  ASSERT_TRUE(registry) << describe(registry.error());
  EXPECT_EQ(names(*registry), std::vector<std::string>{"HEAVY_CPU"});
}

TEST(Registry, WhatIsWrittenReadsTheSame) {
  for (const Registry& registry : {built_in_registry(), read("five-tiers"), read("proposal")}) {
    const Json written = registry_to_json(registry);
    const auto again = registry_from_json(written, "again");
    ASSERT_TRUE(again) << describe(again.error());
    EXPECT_TRUE(again->versioned);
    EXPECT_EQ(registry_to_json(*again), written);
  }
}

TEST(Registry, RefusesPathsThatLeaveTheirFolder) {
  for (const char* path :
       {"../../etc/passwd", "/etc/passwd", "a/../../b", "C:\\\\x", "a//b", "a\\u0000b", "~/x/.."}) {
    const auto registry = with_llm("x.gguf", "https://h/x.gguf", path);
    ASSERT_FALSE(registry) << path;
    EXPECT_EQ(registry.error().kind, ErrorKind::kBadInput);
    EXPECT_EQ(registry.error().place, "test.json#/tiers/HEAVY/models/llm/dest_path");
    EXPECT_FALSE(registry.error().fix.empty());
  }
}

TEST(Registry, RefusesNamesAndAddressesThatAreNone) {
  const auto place = [](const Result<Registry>& registry) { return registry ? "" : registry.error().place; };
  EXPECT_EQ(place(with_llm("a/b.gguf", "https://h/x.gguf")), "test.json#/tiers/HEAVY/models/llm/name");
  EXPECT_EQ(place(with_llm("..", "https://h/x.gguf")), "test.json#/tiers/HEAVY/models/llm/name");
  EXPECT_EQ(place(with_llm("\\u001b[2J", "https://h/x.gguf")), "test.json#/tiers/HEAVY/models/llm/name");
  for (const char* url : {"", "file:///etc/passwd", "javascript:alert(1)", "https://u:p@h/x.gguf",
                          "https://h/", "https://h/a b.gguf", "https://h/%2e%2e", "hf://a/../b"}) {
    EXPECT_EQ(place(with_llm("x.gguf", url)), "test.json#/tiers/HEAVY/models/llm/url") << url;
  }
}

TEST(Registry, RefusesNumbersThatCannotBe) {
  EXPECT_EQ(with("{}", R"({"min_ram_gb": -1})").error().place,
            "test.json#/tiers/HEAVY/requirements/min_ram_gb");
  EXPECT_EQ(with("{}", R"({"min_ram_gb": "8"})").error().place,
            "test.json#/tiers/HEAVY/requirements/min_ram_gb");
  EXPECT_EQ(with("{}", R"({"gpu_required": 1})").error().place,
            "test.json#/tiers/HEAVY/requirements/gpu_required");
  EXPECT_FALSE(with_llm("x.gguf", "https://h/x.gguf", "m", R"(, "size_bytes": 0.5)"));
  EXPECT_FALSE(with_llm("x.gguf", "https://h/x.gguf", "m", R"(, "sha256": "abc")"));
  EXPECT_FALSE(with_llm("x.gguf", "https://h/x.gguf", "m", R"(, "gpu_layers": -2)"));
}

TEST(Registry, AHashMayBeUnknownButIsNeverMadeUp) {
  const auto registry = with_llm("x.gguf", "https://h/x.gguf", "m/x.gguf", R"(, "sha256": null)");
  ASSERT_TRUE(registry) << describe(registry.error());
  EXPECT_FALSE(registry->tiers.front().llm->file.sha256);
}

TEST(Registry, SaysWhichRequirementItDoesNotKnow) {
  const auto registry = with("{}", R"({"min_ram_gb": 1, "min_moon_phase": 3})");
  ASSERT_TRUE(registry);
  ASSERT_EQ(registry->notes.size(), 1U);
  EXPECT_NE(registry->notes.front().find("#/tiers/HEAVY/requirements/min_moon_phase"), std::string::npos);
}

TEST(Registry, RefusesWhatIsNoRegistryOrANewerOne) {
  const auto kind = [](const char* text) {
    return registry_from_json(*parse_json(text, "test"), "test").error().kind;
  };
  EXPECT_EQ(kind("[]"), ErrorKind::kBadInput);
  EXPECT_EQ(kind("{}"), ErrorKind::kBadInput);
  EXPECT_EQ(kind(R"({"tiers": {}})"), ErrorKind::kBadInput);
  EXPECT_EQ(kind(R"({"tiers": {"a b": {}}})"), ErrorKind::kBadInput);
  EXPECT_EQ(kind(R"({"schema": "tokcast.forecast/1", "tiers": {"A": {}}})"), ErrorKind::kBadInput);
  EXPECT_EQ(kind(R"({"schema": "tokcast.registry/2", "tiers": {"A": {}}})"), ErrorKind::kUnsupported);
}

TEST(Registry, FindsTiersByAnyNameThatHelpShows) {
  const Registry& registry = built_in_registry();
  for (const std::string& name : names(registry)) {
    std::string dashed = name;
    std::ranges::replace(dashed, '_', '-');
    for (const std::string& typed : {name, lower(name), dashed}) {
      const auto found = find_tier(registry, typed, false);
      ASSERT_TRUE(found) << typed;
      EXPECT_EQ(found->tier->name, name);
      EXPECT_EQ(found->note, "");
    }
  }
}

TEST(Registry, OldNamesMeanTheCardsWhereThereIsOne) {
  const Registry& registry = built_in_registry();
  EXPECT_EQ(find_tier(registry, "Heavy", false)->tier->name, "HEAVY_CPU");
  EXPECT_EQ(find_tier(registry, "HEAVY", true)->tier->name, "HEAVY_GPU");
  EXPECT_EQ(find_tier(registry, "light", true)->note, "light is an old name: taken as LIGHT_GPU");
}

TEST(Registry, AnUnknownTierIsAnErrorWithTheList) {
  const auto found = find_tier(built_in_registry(), "HEAVY_CPUS", false);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kUsage);
  EXPECT_NE(found.error().fix.find("Did you mean HEAVY_CPU?"), std::string::npos);
  EXPECT_NE(found.error().fix.find("MINIMAL"), std::string::npos);
}

TEST(Registry, ALanguageIsNeverIgnored) {
  const Registry& registry = built_in_registry();
  const Tier& light = tier(registry, "LIGHT_CPU");
  EXPECT_EQ(speech_for(registry, light, "en")->recognition->language, "en");
  EXPECT_EQ(speech_for(registry, light, "DE")->synthesis->name, "de_DE-thorsten-medium");
  const auto unknown = speech_for(registry, light, "xx");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::kUsage);
  EXPECT_NE(unknown.error().fix.find("en, de, es, fr or it"), std::string::npos) << unknown.error().fix;
  const Registry old = read("five-tiers");
  EXPECT_TRUE(speech_for(old, old.tiers.front(), "en"));
  EXPECT_FALSE(speech_for(old, old.tiers.front(), "de"));
}

TEST(Registry, NamesOfFilesTellTheModel) {
  const auto name = [](const char* file) { return catalogue_name({.file = {.name = file, .url = ""}}); };
  EXPECT_EQ(name("tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf"), "tinyllama-1.1b-chat:Q4_K_M");
  EXPECT_EQ(name("Meta-Llama-3-8B-Instruct-Q5_K_S.gguf"), "llama-3-8b-instruct:Q5_K_S");
  EXPECT_EQ(name("Qwen2.5-7B-Instruct-Q8_0.gguf"), "qwen2.5-7b-instruct:Q8_0");
  EXPECT_EQ(name("nobody-knows-7b.Q4_K_M.gguf"), std::nullopt);
  EXPECT_EQ(name("llama-2-7b-chat.gguf"), std::nullopt);
}

}  // namespace
}  // namespace tokcast
