#include "forecast/engine_efficiency.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "forecast/estimated.h"

namespace tokcast {
namespace {

// A machine of eight cores and sixteen logical processors, one node, whose rates are known.
Profile eight_cores() {
  Profile out;
  out.limits.logical_cpus = out.limits.allowed_cpus = 16;
  out.limits.physical_cores = 8;
  out.facts.cpu.ggml_variant = "icelake";
  out.facts.cpu.base_megahertz = 3000;
  out.rates.emplace();
  out.rates->bandwidth.push_back({8, std::nullopt, {.median = 60e9}});
  out.rates->dot.push_back({"int8", "generic", 8, {.median = 400e9}});
  out.rates->dot.push_back({"int8", "avx512vnni", 8, {.median = 2000e9}});
  return out;
}

// An engine that is so many times slower than the hardware allows.
KernelRates engine(const Profile& profile, double decode, double prefill, std::uint32_t threads = 8) {
  KernelRates out = *estimated_rates(profile, threads);
  for (auto& [type, costs] : out.types) {
    for (RowCost& cost : costs) cost.seconds *= cost.rows > 1 ? prefill : decode;
  }
  return out;
}

std::vector<std::string> causes(const Profile& profile, const EngineFacts& facts, std::uint32_t threads = 8) {
  return engine_efficiency(engine(profile, 1, 4, threads), profile, facts)->causes;
}

bool mentions(const std::vector<std::string>& causes, std::string_view words) {
  return std::ranges::any_of(
      causes, [words](const std::string& one) { return one.find(words) != std::string::npos; });
}

TEST(EngineEfficiency, IsWhatWasMeasuredOverWhatTheHardwareAllows) {
  const Profile profile = eight_cores();
  const auto found = engine_efficiency(engine(profile, 1.25, 2), profile, {});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->decode_share, 0.8, 1e-9);
  EXPECT_NEAR(found->prefill_share, 0.5, 1e-9);
  EXPECT_TRUE(found->low);
  EXPECT_GT(found->bandwidth_share, 0);
  EXPECT_LT(found->bandwidth_share, 1);
  EXPECT_TRUE(found->causes.empty()) << "no fact speaks for a cause";
}

TEST(EngineEfficiency, NamesNoCauseWhereThereIsNothingToExplain) {
  const Profile profile = eight_cores();
  const EngineFacts facts{.variant = "haswell", .taken_by_others = 0.5};
  const auto found = engine_efficiency(engine(profile, 1.1, 1.2), profile, facts);
  EXPECT_FALSE(found->low);
  EXPECT_TRUE(found->causes.empty());
}

TEST(EngineEfficiency, IsUnknownWithoutMeasuredRates) {
  const Profile profile = eight_cores();
  EXPECT_FALSE(engine_efficiency(engine(profile, 1, 1), Profile{}, {}));
  EXPECT_FALSE(engine_efficiency(KernelRates{}, profile, {}));
}

TEST(EngineEfficiency, BlamesKernelsForAnOlderProcessor) {
  const Profile profile = eight_cores();
  EXPECT_TRUE(mentions(causes(profile, {.variant = "haswell"}), "kernels for haswell"));
  EXPECT_TRUE(causes(profile, {.variant = "icelake"}).empty());
  EXPECT_TRUE(causes(profile, {}).empty()) << "what is not known is not blamed";
}

TEST(EngineEfficiency, BlamesSecondThreadsOfCoresAndTellsTheBestCount) {
  const Profile profile = eight_cores();
  EXPECT_TRUE(mentions(causes(profile, {}, 16), "(SMT): --threads 8"));
  EXPECT_TRUE(mentions(causes(profile, {.best_threads = 7}, 16), "--threads 7"));
  EXPECT_TRUE(mentions(causes(profile, {.best_threads = 6}, 8), "fewer threads were quicker"));
}

TEST(EngineEfficiency, BlamesMoreThreadsThanMayRun) {
  Profile profile = eight_cores();
  profile.limits.allowed_cpus = 4;
  EXPECT_TRUE(mentions(causes(profile, {}), "the 4 processors that may be used"));
  profile = eight_cores();
  profile.limits.cpu_quota = 2.5;
  EXPECT_TRUE(mentions(causes(profile, {}), "2.5"));
  profile = eight_cores();
  profile.limits.performance_cores = 6;
  EXPECT_TRUE(mentions(causes(profile, {}), "efficiency cores hold back the 6"));
}

TEST(EngineEfficiency, BlamesMemoryOnSeveralNodes) {
  Profile profile = eight_cores();
  profile.facts.cpu.numa_nodes = {{0, {}, {0, 1, 2, 3, 8, 9, 10, 11}}, {1, {}, {4, 5, 6, 7, 12, 13, 14, 15}}};
  EXPECT_TRUE(mentions(causes(profile, {}), "2 nodes (NUMA)"));
  EXPECT_FALSE(mentions(causes(profile, {}, 4), "NUMA")) << "they fit one node";
  profile.facts.cpu.numa_nodes[1].cpus.clear();
  EXPECT_FALSE(mentions(causes(profile, {}), "NUMA")) << "a node of memory only";
}

TEST(EngineEfficiency, BlamesOthersAndAFallenClock) {
  Profile profile = eight_cores();
  EXPECT_TRUE(mentions(causes(profile, {.taken_by_others = 0.3}), "other programs had 30 %"));
  EXPECT_TRUE(mentions(causes(profile, {.megahertz_now = 2000}), "2000 MHz instead of 3000"));
  EXPECT_TRUE(causes(profile, {.megahertz_now = 2900}).empty());
  profile.rates->megahertz_before = 4500;
  EXPECT_TRUE(mentions(causes(profile, {.megahertz_now = 2900}), "instead of 4500"));
}

}  // namespace
}  // namespace tokcast
