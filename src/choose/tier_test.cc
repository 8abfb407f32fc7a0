#include "choose/tier.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace tokcast {
namespace {

Tier a_tier(const char* name, TierRequirements requirements, bool has_model = true) {
  Tier out{.name = name, .requirements = std::move(requirements)};
  out.expectations.turn = Seconds(10);
  if (has_model) out.llm = RegistryModel{.file = {.name = "x.gguf", .url = "https://h/x.gguf"}};
  return out;
}

// Two of the processor's, one of the card's, and one without a model.
class SelectTier : public testing::Test {
 protected:
  SelectTier() {
    registry_.tiers = {
        a_tier("HEAVY_GPU", {.ram_gigabytes = 16, .cores = 4, .gpu = true, .gpu_gigabytes = 12}),
        a_tier("HEAVY_CPU", {.ram_gigabytes = 16, .cores = 8}),
        a_tier("LIGHT_CPU", {.ram_gigabytes = 4, .cores = 2}),
        a_tier("MINIMAL", {.ram_gigabytes = 1, .cores = 1}, false)};
  }

  TierChoice choose(const TierWishes& wishes = {}) {
    asked_.clear();
    auto choice = select_tier(
        registry_, machine_,
        [this](const Tier& tier) -> Result<TierForecast> {
          asked_.push_back(tier.name);
          const auto verdict = verdicts_.find(tier.name);
          if (verdict == verdicts_.end()) return fail(ErrorKind::kUnsupported, "nothing is known");
          TierForecast out{.shape = {}};
          out.forecast.verdict = verdict->second;
          out.forecast.reasons = {"because"};
          return out;
        },
        wishes);
    EXPECT_TRUE(choice);
    return choice.value_or(TierChoice{});
  }

  static std::string chosen(const TierChoice& choice) {
    return choice.chosen ? choice.candidates[*choice.chosen].tier->name : "";
  }

  Registry registry_;
  TierMachine machine_{.memory = Bytes(33'285'996'544), .memory_from = "installed", .cores = 16};
  std::map<std::string, Verdict> verdicts_{{"HEAVY_CPU", Verdict::kKeeps}, {"LIGHT_CPU", Verdict::kKeeps}};
  std::vector<std::string> asked_;
};

TEST_F(SelectTier, TakesTheHighestThatKeepsItsPromise) {
  const TierChoice choice = choose();
  EXPECT_EQ(chosen(choice), "HEAVY_CPU");
  EXPECT_EQ(choice.candidates[0].standing, TierStanding::kUnmet);
  EXPECT_EQ(choice.candidates[0].reasons, std::vector<std::string>{"wants a graphics card, there is none"});
  EXPECT_EQ(choice.candidates[1].standing, TierStanding::kChosen);
  EXPECT_EQ(choice.candidates[2].standing, TierStanding::kNotAsked);
  EXPECT_EQ(asked_, std::vector<std::string>{"HEAVY_CPU"});
}

TEST_F(SelectTier, APromiseAtRiskIsNotKept) {
  for (const Verdict verdict : {Verdict::kAtRisk, Verdict::kBreaks, Verdict::kDoesNotFit}) {
    verdicts_["HEAVY_CPU"] = verdict;
    const TierChoice choice = choose();
    EXPECT_EQ(chosen(choice), "LIGHT_CPU");
    EXPECT_EQ(choice.candidates[1].reasons, std::vector<std::string>{"because"});
  }
}

TEST_F(SelectTier, RecommendsTheHybridOneWhereNothingKeepsAPromise) {
  verdicts_ = {{"HEAVY_CPU", Verdict::kBreaks}, {"LIGHT_CPU", Verdict::kAtRisk}};
  EXPECT_EQ(chosen(choose()), "MINIMAL");
  machine_.memory = Bytes(500'000'000);
  EXPECT_EQ(chosen(choose()), "");
}

TEST_F(SelectTier, WhatCannotBeForecastIsNotChosen) {
  verdicts_.erase("HEAVY_CPU");
  const TierChoice choice = choose();
  EXPECT_EQ(chosen(choice), "LIGHT_CPU");
  EXPECT_EQ(choice.candidates[1].standing, TierStanding::kUnknown);
}

TEST_F(SelectTier, HonoursEveryRequirement) {
  machine_.has_gpu = true;
  machine_.gpu_memory = Bytes(6'000'000'000);
  verdicts_["HEAVY_GPU"] = Verdict::kKeeps;
  TierChoice choice = choose();
  EXPECT_EQ(choice.candidates[0].reasons.front(), "wants 12.0 GB of memory on the card, there are 6.00 GB");
  machine_.gpu_memory = Bytes(12'878'610'432);
  EXPECT_EQ(chosen(choose()), "HEAVY_GPU");
  machine_.cores = 3.5;
  choice = choose();
  EXPECT_EQ(choice.candidates[0].reasons.front(), "wants 4.00 cores, there are 3.50");
  EXPECT_EQ(chosen(choice), "LIGHT_CPU");
  machine_.memory = Bytes(15'000'000'000);
  machine_.memory_from = "control group";
  EXPECT_EQ(choose().candidates[0].reasons.front(),
            "wants 16.0 GB of memory, there are 15.0 GB (control group)");
}

TEST_F(SelectTier, AMeasuredSpeedIsARequirementToo) {
  registry_.tiers[1].requirements.read_gigabytes_per_second = 40;
  EXPECT_EQ(chosen(choose()), "HEAVY_CPU") << "what was not measured is not held against it";
  machine_.read_rate = BytesPerSecond(30e9);
  EXPECT_EQ(chosen(choose()), "LIGHT_CPU");
}

TEST_F(SelectTier, OneMayBeAskedFor) {
  verdicts_["LIGHT_CPU"] = Verdict::kBreaks;
  TierChoice choice = choose({.only = &registry_.tiers[2]});
  EXPECT_EQ(chosen(choice), "LIGHT_CPU");
  EXPECT_EQ(choice.candidates[2].standing, TierStanding::kBreaks);
  choice = choose({.only = &registry_.tiers[0]});
  EXPECT_EQ(chosen(choice), "HEAVY_GPU");
  EXPECT_EQ(choice.candidates[0].standing, TierStanding::kUnmet);
  EXPECT_EQ(chosen(choose({.only = &registry_.tiers[3]})), "MINIMAL");
}

TEST_F(SelectTier, OneWhosePromiseWasBrokenIsPassedOver) {
  EXPECT_EQ(chosen(choose({.excluded = {"HEAVY_CPU"}})), "LIGHT_CPU");
}

TEST_F(SelectTier, AModelThatDoesNotSpeakTheLanguageIsPassedOver) {
  registry_.tiers[1].llm->languages = {"en", "fr"};
  EXPECT_EQ(chosen(choose({.language = "FR"})), "HEAVY_CPU");
  const TierChoice choice = choose({.language = "de"});
  EXPECT_EQ(chosen(choice), "LIGHT_CPU") << "nothing is known of its model's languages";
  EXPECT_EQ(choice.candidates[1].reasons.front(), "its model is not said to speak 'de'");
}

TEST_F(SelectTier, AllMayBeForecast) {
  const TierChoice choice = choose({.all = true});
  EXPECT_EQ(chosen(choice), "HEAVY_CPU");
  EXPECT_EQ(choice.candidates[2].standing, TierStanding::kKeeps);
}

TEST(TierMachineOf, CountsTheBindingLimits) {
  Machine machine{.physical_cores = 16,
                  .cpu_quota = 1.5,
                  .memory_total = Bytes(64 * kGibi.value),
                  .memory_available = Bytes(2 * kGibi.value),
                  .cgroup_memory_free = Bytes(4 * kGibi.value)};
  const TierMachine out = tier_machine(machine, {}, {});
  EXPECT_EQ(out.cores, 1.5);
  EXPECT_EQ(out.memory, Bytes(4 * kGibi.value));
  EXPECT_EQ(out.memory_from, "control group");
  EXPECT_FALSE(out.has_gpu);
  machine.cgroup_memory_free.reset();
  machine.cpu_quota.reset();
  EXPECT_EQ(tier_machine(machine, {}, {}).memory, Bytes(64 * kGibi.value));
  EXPECT_EQ(tier_machine(machine, {}, {}).cores, 16);
}

TEST(TierMachineOf, AnIntegratedCardHasNoMemoryOfItsOwn) {
  const GpuSurvey gpus{
      .gpus = {{.name = "iGPU", .integrated = true, .memory_total = Bytes(8 * kGibi.value)}}};
  const TierMachine out = tier_machine({}, gpus, {});
  EXPECT_TRUE(out.has_gpu);
  EXPECT_FALSE(out.gpu_memory);
}

}  // namespace
}  // namespace tokcast
