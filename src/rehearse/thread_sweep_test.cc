#include "rehearse/thread_sweep.h"

#include <gtest/gtest.h>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

ThreadTrial trial(std::uint32_t threads, double decode, double prefill) {
  return {threads, {Seconds(decode), Seconds(decode)}, {Seconds(prefill), Seconds(prefill)}};
}

Machine machine_of(std::uint32_t logical, std::uint32_t cores) {
  Machine out;
  out.logical_cpus = out.allowed_cpus = logical;
  out.physical_cores = cores;
  return out;
}

using Counts = std::vector<std::uint32_t>;

TEST(ThreadSweep, TriesCoresSecondThreadsHalfAndOneLess) {
  EXPECT_EQ(thread_candidates(machine_of(16, 8)), (Counts{4, 7, 8, 16}));
  EXPECT_EQ(thread_candidates(machine_of(2, 2)), (Counts{1, 2}));
  EXPECT_EQ(thread_candidates(machine_of(1, 1)), (Counts{1}));
}

TEST(ThreadSweep, TriesPerformanceCoresAloneAndAllCores) {
  Machine hybrid = machine_of(20, 14);
  hybrid.performance_cores = 6;
  EXPECT_EQ(thread_candidates(hybrid), (Counts{3, 5, 6, 14, 20}));
}

TEST(ThreadSweep, TriesNoMoreThanAQuotaAllows) {
  Machine limited = machine_of(16, 8);
  limited.cpu_quota = 2.5;
  for (const std::uint32_t threads : thread_candidates(limited)) EXPECT_LE(threads, 3U);
}

TEST(ThreadSweep, OfAMachineOfWhichNothingIsKnownOneThreadIsTried) {
  EXPECT_EQ(thread_candidates({}), (Counts{1}));
}

TEST(ThreadSweep, TheBestCountIsTheFewestThatAreAsGoodAsTheQuickest) {
  ThreadSweep sweep{.trials = {trial(4, 0.020, 0.9), trial(7, 0.0101, 0.61), trial(8, 0.010, 0.60),
                               trial(16, 0.014, 0.58)}};
  EXPECT_EQ(sweep.best(), 7U);
  sweep.trials.erase(sweep.trials.begin() + 1);
  EXPECT_EQ(sweep.best(), 8U) << "second threads of cores help prefill, but not the turn";
}

TEST(ThreadSweep, GivesBackWhatWasWrittenAndRefusesTheRest) {
  ThreadSweep sweep{.engine_identity = "e", .machine_identity = "m", .trials = {trial(2, 0.1, 1)}};
  sweep.contention.others_share = 0.25;
  const Json json = thread_sweep_to_json(sweep);
  const auto back = thread_sweep_from_json(json);
  ASSERT_TRUE(back);
  EXPECT_EQ(thread_sweep_to_json(*back), json);
  for (const auto& [key, value] : json.items()) {
    Json broken = json;
    broken.erase(key);
    EXPECT_FALSE(thread_sweep_from_json(broken)) << key;
  }
  Json broken = json;
  broken["trials"] = Json::array();
  EXPECT_FALSE(thread_sweep_from_json(broken));
  broken = json;
  broken["trials"][0]["prefill_seconds"][0] = 0;
  EXPECT_FALSE(thread_sweep_from_json(broken));
}

TEST(ThreadSweep, IsKeptForOneMachineAndEngineOnly) {
  const TemporaryDirectory folder;
  const ThreadSweepStore store(folder / "sweeps");
  Machine machine = machine_of(4, 4);
  const Engine engine{.identity = "build 1"};
  EXPECT_FALSE(store.find(engine, machine));
  ASSERT_TRUE(store.save(
      {.engine_identity = "build 1", .machine_identity = machine.identity(), .trials = {trial(2, 0.1, 1)}}));
  ASSERT_TRUE(store.find(engine, machine));
  EXPECT_EQ(store.find(engine, machine)->best(), 2U);
  EXPECT_FALSE(store.find({.identity = "build 2"}, machine)) << "another build has other kernels";
  machine.cpu_quota = 1.5;
  EXPECT_FALSE(store.find(engine, machine)) << "a changed limit changes what is best";
}

TEST(ThreadSweep, FindsWhatAnEngineDoesBest) {
  const TemporaryDirectory folder;
  write_fake_engine(folder.path());
  const Engine engine{.directory = folder.path(), .version = "fake", .identity = "fake"};
  Machine machine = read_machine();
  machine.logical_cpus = machine.allowed_cpus = machine.physical_cores = 4;
  machine.performance_cores = std::nullopt;
  machine.cpu_quota = std::nullopt;
  const auto sweep = sweep_threads(engine, machine);
  ASSERT_TRUE(sweep) << describe(sweep.error());
  EXPECT_EQ(sweep->best(), 4U) << "the fake one's speed is in proportion to its threads";
  EXPECT_EQ(sweep->trials.size(), 3U);
  EXPECT_FALSE(sweep->busy());
}

}  // namespace
}  // namespace tokcast
