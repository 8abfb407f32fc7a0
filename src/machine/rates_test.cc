#include "machine/rates.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <tuple>

#include "machine/dot_kernels.h"
#include "machine/own_cpus_test_util.h"
#include "machine/rates_plan.h"
#include "machine/working_set.h"

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ThreadCounts, DoubleUpToAllCoresThenTakeTheirSecondThreads) {
  EXPECT_THAT(thread_counts(1, 1), ElementsAre(1));
  EXPECT_THAT(thread_counts(2, 2), ElementsAre(1, 2));
  EXPECT_THAT(thread_counts(6, 12), ElementsAre(1, 2, 4, 6, 12));
  EXPECT_THAT(thread_counts(8, 8), ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(thread_counts(0, 0), IsEmpty());
}

TEST(WorkingSetSize, IsFourTimesTheCacheWithinWhatIsDecent) {
  const auto size = [](std::optional<Bytes> cache, std::optional<Bytes> limit) {
    RatesOptions options;
    options.last_level_cache = cache;
    options.memory_limit = limit;
    return working_set_size(options).value / kMebi.value;
  };
  const auto mebi = [](std::uint64_t count) { return Bytes(count * kMebi.value); };
  EXPECT_EQ(size(mebi(260), mebi(19'000)), 1040U);
  EXPECT_EQ(size(mebi(8), mebi(19'000)), 256U);
  EXPECT_EQ(size(mebi(2304), mebi(700'000)), 2048U);
  EXPECT_EQ(size(mebi(260), mebi(1000)), 250U);
  EXPECT_EQ(size(std::nullopt, mebi(19'000)), 1024U);
  EXPECT_EQ(size(mebi(260), std::nullopt), 256U);
}

TEST(DotStretch, ShrinksWithThePointsButStaysMeasurable) {
  EXPECT_DOUBLE_EQ(dot_stretch(Seconds(3.6), 2).value, 0.01);
  EXPECT_DOUBLE_EQ(dot_stretch(Seconds(3.6), 40).value, 0.0045);
  EXPECT_DOUBLE_EQ(dot_stretch(Seconds(3.6), 1000).value, 0.002);
  EXPECT_DOUBLE_EQ(dot_stretch(Seconds(3.6), 0).value, 0.01);
}

TEST(Summarise, GivesMedianAndQuartiles) {
  const Rate rate = summarise(std::vector<double>{5, 1, 2, 4, 3});
  EXPECT_DOUBLE_EQ(rate.median, 3);
  EXPECT_DOUBLE_EQ(rate.low, 2);
  EXPECT_DOUBLE_EQ(rate.high, 4);
  EXPECT_EQ(rate.samples, 5U);
}

constexpr auto kLater = std::chrono::steady_clock::time_point::max();

TEST(WorkingSet, GoesRoundAllOfItsMemory) {
  Team team(own_cpus());
  WorkingSet set(team, std::vector<std::uint32_t>(team.cpus().size()), Bytes(4 * WorkingSet::kChunk.value),
                 kLater);
  EXPECT_EQ(set.size(), Bytes(4 * WorkingSet::kChunk.value));
  for (int i = 0; i < 9; ++i) EXPECT_EQ(set.read_chunk(0), WorkingSet::kChunk);
}

TEST(WorkingSet, IsSharedOutOverTheNodes) {
  const std::uint32_t cpu = own_cpus().front();
  Team team(std::vector{cpu, cpu, cpu});
  WorkingSet set(team, {0, 7, 0}, Bytes(3 * WorkingSet::kChunk.value), kLater);
  EXPECT_EQ(set.size(), Bytes(2 * WorkingSet::kChunk.value));
  EXPECT_EQ(set.read_chunk(1), WorkingSet::kChunk);
}

TEST(WorkingSet, IsEmptyIfThereIsNoTimeNoRoomOrNobodyToFillIt) {
  Team team(own_cpus());
  Team nobody(std::vector<std::uint32_t>{});
  const std::vector<std::uint32_t> nodes(team.cpus().size());
  EXPECT_EQ(WorkingSet(team, nodes, kMebi, std::chrono::steady_clock::now()).size(), Bytes(0));
  EXPECT_EQ(WorkingSet(team, nodes, Bytes(1000), kLater).size(), Bytes(0));
  EXPECT_EQ(WorkingSet(team, nodes, Bytes(1ULL << 60), kLater).size(), Bytes(0));
  EXPECT_EQ(WorkingSet(nobody, {}, kMebi, kLater).size(), Bytes(0));
}

void expect_plausible(const Rate& rate) {
  EXPECT_GT(rate.low, 0);
  EXPECT_LE(rate.low, rate.median);
  EXPECT_LE(rate.median, rate.high);
  EXPECT_GT(rate.samples, 0U);
}

// Two CPUs said to be two nodes.
Rates measure_two_nodes(const std::vector<std::uint32_t>& cpus) {
  RatesOptions options;
  options.cpus = cpus;
  options.numa_cpus = {{0, {cpus.front()}}, {3, {cpus.back()}}};
  options.memory_limit = Bytes(64 * kMebi.value);
  options.quick = true;
  return measure_rates(options);
}

TEST(MeasureRates, MeasuresEachNodeAndAllAndOnlyWhatTheProcessorHas) {
  std::vector<std::uint32_t> cpus = own_cpus();
  if (cpus.size() < 2) GTEST_SKIP() << "needs two CPUs";
  cpus.resize(2);
  const Rates rates = measure_two_nodes(cpus);

  std::vector<std::string> bandwidth;
  for (const BandwidthRate& rate : rates.bandwidth) {
    expect_plausible(rate.bytes_per_second);
    bandwidth.push_back(fmt::format("{} threads, node {}", rate.threads,
                                    rate.numa_node ? std::to_string(*rate.numa_node) : "any"));
  }
  EXPECT_THAT(bandwidth, ElementsAre("1 threads, node any", "1 threads, node 0", "1 threads, node 3",
                                     "2 threads, node any"));
  EXPECT_EQ(rates.working_set, Bytes(16 * kMebi.value));

  const auto key = [](const DotRate& rate) { return std::tie(rate.type, rate.path, rate.threads); };
  EXPECT_TRUE(std::ranges::is_sorted(rates.dot, {}, key));
  for (const DotRate& rate : rates.dot) expect_plausible(rate.operations_per_second);
  for (const DotKernel& kernel : dot_kernels()) {
    const auto measured = std::ranges::count_if(
        rates.dot, [&](const DotRate& rate) { return rate.type == kernel.type && rate.path == kernel.path; });
    EXPECT_EQ(measured, kernel.available() ? 2 : 0) << kernel.type << " " << kernel.path;
  }
}

TEST(MeasureRates, WithoutCpusMeasuresNothing) {
  const Rates rates = measure_rates({});
  EXPECT_THAT(rates.bandwidth, IsEmpty());
  EXPECT_THAT(rates.dot, IsEmpty());
  EXPECT_EQ(rates.working_set, Bytes(0));
  EXPECT_EQ(rates.megahertz_before, std::nullopt);
}

TEST(BestRates, AreThoseOfTheWholeMachine) {
  Rates rates;
  EXPECT_FALSE(best_bandwidth(rates));
  EXPECT_FALSE(best_dot(rates, "int8"));
  rates.bandwidth = {{1, {}, {10}}, {2, {}, {18}}, {2, 0, {99}}, {4, {}, {17}}};
  rates.dot = {{"fp16", "f16c", 2, {7}}, {"int8", "amx-int8", 2, {90}}, {"int8", "avx2", 2, {30}}};
  EXPECT_EQ(best_bandwidth(rates)->threads, 2U);
  EXPECT_DOUBLE_EQ(best_bandwidth(rates)->bytes_per_second.median, 18);
  EXPECT_EQ(best_dot(rates, "int8")->path, "amx-int8");
  EXPECT_EQ(best_dot(rates, "fp16")->path, "f16c");
  EXPECT_FALSE(best_dot(rates, "bf16"));
}

}  // namespace
}  // namespace tokcast
