#include "choose/registry_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "choose/ladder.h"
#include "forecast/hardware.h"
#include "machine/find_machine.h"
#include "model/naming.h"

namespace tokcast {
namespace {

// A machine in words, with forecasts from what is known of its parts.
class Elsewhere {
 public:
  explicit Elsewhere(const std::string& words) : profile_(find_machine(words).value()) {}

  TierMachine machine() const { return tier_machine(profile_.limits, profile_.gpus, profile_.rates); }
  Result<TierForecast> forecast_of(const Tier& tier) const {
    const bool on_gpu = tier.on_gpu();
    auto shape = find_shape(catalogue_name(*tier.llm).value_or("none"));
    if (!shape) return std::unexpected(shape.error());
    const Ladder ladder{.hardware = on_gpu ? gpu_hardware_of(profile_) : hardware_of(profile_)};
    const auto timings = timings_from(ladder, *shape);
    if (!timings) return std::unexpected(timings.error());
    const MemoryBound limit{on_gpu ? *machine().gpu_memory : profile_.limits.memory_limit()->bytes, "test"};
    Forecast answer = forecast(*shape, *timings, placed(tier.turn, *shape, on_gpu), limit);
    return TierForecast{std::move(*shape), std::move(answer)};
  }
  TierForecaster function() const {
    return [this](const Tier& tier) { return forecast_of(tier); };
  }

 private:
  Profile profile_;
};

Registry fixture(const std::string& name) {
  return read_registry(TOKCAST_SOURCE_DIR "/tests/fixtures/registries/" + name + ".json").value();
}

const TierCheck& check_of(const std::vector<TierCheck>& checks, std::string_view tier) {
  return *std::ranges::find_if(checks, [tier](const TierCheck& check) { return check.tier->name == tier; });
}

const PromiseCheck& promise_of(const TierCheck& check, std::string_view what) {
  const auto found = std::ranges::find(check.promises, what, &PromiseCheck::what);
  EXPECT_NE(found, check.promises.end()) << what;
  return *found;
}

TEST(RegistryCheck, TheStorysPromiseIsFalseOnItsServer) {
  const Elsewhere server("2x E5-2660 v3 39GiB");
  const Registry registry = fixture("light-medium-heavy");
  const auto checks = check_registry(registry, server.machine(), server.function());
  ASSERT_TRUE(checks);
  const PromiseCheck& turn = promise_of(check_of(*checks, "HEAVY"), "llm_latency_sec");
  EXPECT_NE(turn.standing, PromiseStanding::kKept);
  EXPECT_EQ(turn.promised, 15);
  EXPECT_NE(worst_of(*checks), PromiseStanding::kKept);
}

TEST(RegistryCheck, PromisesOfCardsAreNotMadeToAMachineWithoutOne) {
  const Elsewhere server("2x E5-2660 v3 39GiB");
  const Registry registry = fixture("five-tiers");
  const auto checks = check_registry(registry, server.machine(), server.function());
  ASSERT_TRUE(checks);
  const TierCheck& heavy = check_of(*checks, "HEAVY_GPU");
  EXPECT_EQ(heavy.promises.front().standing, PromiseStanding::kNotMade);
  EXPECT_EQ(heavy.unmet.front(), "wants a graphics card, there is none");
}

TEST(RegistryCheck, ACardKeepsWhatWasPromisedOfCards) {
  const Elsewhere desktop("8c avx2 2x ddr5-5600 64GiB gpu RTX 4090");
  const Registry registry = fixture("five-tiers");
  const auto checks = check_registry(registry, desktop.machine(), desktop.function());
  ASSERT_TRUE(checks);
  const TierCheck& heavy = check_of(*checks, "HEAVY_GPU");
  EXPECT_EQ(promise_of(heavy, "llm_latency_sec").standing, PromiseStanding::kKept);
  EXPECT_EQ(promise_of(heavy, "expected_tokens_per_sec_gpu").standing, PromiseStanding::kKept);
  EXPECT_LT(*promise_of(heavy, "llm_latency_sec").factor, 1);
}

TEST(RegistryCheck, ASizeThatIsWrongIsSaidAnywhere) {
  const Elsewhere desktop("Ryzen 9 7950X 32GiB");
  const Registry registry = fixture("five-tiers");
  const auto checks = check_registry(registry, desktop.machine(), desktop.function());
  ASSERT_TRUE(checks);
  EXPECT_EQ(promise_of(check_of(*checks, "LIGHT_CPU"), "size_mb").standing, PromiseStanding::kFalse);
  EXPECT_EQ(promise_of(check_of(*checks, "MEDIUM_CPU"), "size_mb").standing, PromiseStanding::kKept);
  EXPECT_EQ(promise_of(check_of(*checks, "LIGHT_CPU"), "min_ram_gb").standing, PromiseStanding::kKept);
}

TEST(RegistryCheck, AModelThatDoesNotFitBreaksItsPromise) {
  const Elsewhere small("4c avx2 2x ddr4-2666 4GiB");
  Registry registry = fixture("light-medium-heavy");
  registry.tiers.front().requirements = {};
  const auto checks = check_registry(registry, small.machine(), small.function());
  ASSERT_TRUE(checks);
  EXPECT_EQ(promise_of(check_of(*checks, "HEAVY"), "llm_latency_sec").standing, PromiseStanding::kFalse);
}

TEST(RegistryCheck, WhatCannotBeForecastIsUnknownAndNeverKept) {
  const Registry registry = fixture("light-medium-heavy");
  const TierMachine machine{.memory = Bytes(64'000'000'000), .cores = 16};
  const auto checks = check_registry(registry, machine, [](const Tier&) -> Result<TierForecast> {
    return fail(ErrorKind::kUnsupported, "not modelled");
  });
  ASSERT_TRUE(checks);
  EXPECT_EQ(worst_of(*checks), PromiseStanding::kUnknown);
  EXPECT_EQ(checks->front().promises.front().reason, "not modelled");
}

// Whatever the machine: what is made for it holds there.
TEST(RegistryMake, NoPromiseOfAMadeRegistryIsFalseWhereItWasMade) {
  for (const char* words : {"2x E5-2660 v3 39GiB", "Ryzen 9 7950X 32GiB", "Raspberry Pi 5 8GiB",
                            "8c avx2 2x ddr5-5600 32GiB gpu RTX 4090"}) {
    const Elsewhere machine(words);
    for (const Registry& registry :
         {fixture("five-tiers"), fixture("light-medium-heavy"), built_in_registry()}) {
      const auto made = make_registry(registry, words, machine.machine(), machine.function());
      ASSERT_TRUE(made) << words;
      const auto again = registry_from_json(registry_to_json(made->registry), "again");
      ASSERT_TRUE(again) << words << describe(again.error());
      const auto checks = check_registry(*again, machine.machine(), machine.function());
      ASSERT_TRUE(checks);
      for (const TierCheck& check : *checks) {
        for (const PromiseCheck& promise : check.promises) {
          EXPECT_EQ(promise.standing, PromiseStanding::kKept)
              << words << " " << check.tier->name << " " << promise.what << ": " << promise.reason;
        }
      }
      EXPECT_EQ(made->left_out.size() + made->registry.tiers.size(), registry.tiers.size());
    }
  }
}

TEST(RegistryMake, TheSummaryIsWrittenFromTheForecast) {
  const Elsewhere desktop("Ryzen 9 7950X 32GiB");
  const auto made =
      make_registry(fixture("light-medium-heavy"), "a desktop", desktop.machine(), desktop.function());
  ASSERT_TRUE(made);
  const Tier& light = made->registry.tiers.back();
  const std::string promised = format_number(light.expectations.turn->value);
  EXPECT_NE(light.expectations.summary.find("to " + promised + " s for a reply of 30 tokens"),
            std::string::npos)
      << light.expectations.summary;
  EXPECT_NE(light.expectations.notes.find("a desktop"), std::string::npos);
  EXPECT_FALSE(light.expectations.recognition);
}

}  // namespace
}  // namespace tokcast
