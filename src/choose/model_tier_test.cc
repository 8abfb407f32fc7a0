#include "choose/model_tier.h"

#include <gtest/gtest.h>

#include "model/naming.h"

namespace tokcast {
namespace {

Shape known_model() {
  return find_shape("llama-3.2-3b-instruct:Q4_K_M").value();
}

TierMachine large_machine() {
  return {.memory = Bytes(64'000'000'000), .cores = 16};
}

TEST(ModelTier, IsFetchedFromTheRepositoryThatTheCatalogueNames) {
  const auto source = source_of(known_model(), {});
  ASSERT_TRUE(source);
  EXPECT_TRUE(source->starts_with("hf://")) << *source;
  EXPECT_TRUE(source->ends_with(":Q4_K_M")) << *source;
}

TEST(ModelTier, AFileThatIsHereIsTakenAsItIs) {
  EXPECT_EQ(source_of(known_model(), "/models/a/../mine.gguf"), "/models/mine.gguf");
}

TEST(ModelTier, OfAModelThatNobodyPublishesThereIsNoSource) {
  Shape own = known_model();
  own.id = "not-in-the-catalogue";
  EXPECT_EQ(source_of(own, {}), std::nullopt);
}

TEST(ModelTier, PromisesTheTurnAndLiesWhereTheForecastPutIt) {
  const Workload turn{.reply_tokens = 77, .gpu_layers = 9, .turn_budget = Seconds(5)};
  const Tier tier = tier_of(known_model(), "/models/mine.gguf", turn);
  EXPECT_EQ(tier.name, "llama-3.2-3b-instruct:Q4_K_M");
  EXPECT_EQ(tier.turn.reply_tokens, 77U);
  EXPECT_TRUE(tier.on_gpu());
  EXPECT_FALSE(tier_of(known_model(), "/models/mine.gguf", {}).on_gpu());
  EXPECT_TRUE(unmet(tier.requirements, {}).empty());
}

TEST(ModelTier, HasTheSpeechOfATierWithAModelOfItsSize) {
  const Registry& registry = built_in_registry();
  const auto speech = [&registry](double gigabytes, const TierMachine& machine) {
    return speech_beside(registry, machine, Bytes(static_cast<std::uint64_t>(gigabytes * 1e9)))
        .recognition->name;
  };
  const std::string large = speech(5, large_machine());
  EXPECT_NE(large, speech(2.1, large_machine()));
  EXPECT_EQ(speech(2.1, large_machine()), speech(0.1, large_machine()));
  // The machine is too small for what goes with a large model, whatever was chosen.
  EXPECT_NE(large, speech(5, {.memory = Bytes(2'000'000'000), .cores = 1}));
}

}  // namespace
}  // namespace tokcast
