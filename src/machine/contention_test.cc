#include "machine/contention.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "machine/fake_root_test_util.h"

namespace tokcast {
namespace {

TEST(Contention, IsUnknownWhereTheKernelDoesNotTell) {
  const ContentionCounters counters = read_contention("/no/such/root");
  EXPECT_EQ(counters.cpu_pressure, std::nullopt);
  EXPECT_EQ(contention_between(counters, counters, Seconds(1), 2).stolen_share, std::nullopt);
}

TEST(Contention, IsTheShareOfTimeBetweenTwoReadings) {
  const ContentionCounters before{.cpu_pressure = Seconds(1), .stolen = Seconds(10)};
  const ContentionCounters after{.cpu_pressure = Seconds(2), .stolen = Seconds(12)};
  const Contention between = contention_between(before, after, Seconds(4), 2);
  EXPECT_DOUBLE_EQ(*between.cpu_pressure_share, 0.25);
  EXPECT_DOUBLE_EQ(*between.stolen_share, 0.25);
}

TEST(Contention, ReadsPressureAndStolenTime) {
  const FakeRoot root;
  root.has("/proc/pressure/cpu", "some avg10=0.21 avg60=4.27 avg300=2.64 total=2500000\n");
  root.has("/proc/stat",
           "cpu  64034 0 12122 269581 1168 0 102 300 0 0\n"
           "cpu0 100 20 3 900 7 4 5 150 0 0\ncpu1 10 0 0 900 0 0 0 150 0 0\nintr 5 6\n");
  const ContentionCounters counters = read_contention(root.path());
  EXPECT_DOUBLE_EQ(counters.cpu_pressure->value, 2.5);
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  EXPECT_DOUBLE_EQ(counters.stolen->value, 300.0 / ticks);
  EXPECT_NEAR(counters.busy->value, 142.0 / ticks, 1e-9) << "not idle, waiting for the disk, or stolen";
  EXPECT_EQ(counters.cpus, 2U);
  EXPECT_FALSE(counters.own) << "another machine's files say nothing of this process";
}

TEST(Contention, ALineThatTheKernelWouldNotWriteIsNoProcessor) {
  const FakeRoot root;
  root.has("/proc/stat", "cpu 1 2\ncpu0 1 2 x 4 5 6 7 8\ncpux 1 2 3 4 5 6 7 8\n\n");
  const ContentionCounters counters = read_contention(root.path());
  EXPECT_FALSE(counters.stolen);
  EXPECT_FALSE(counters.busy);
  EXPECT_FALSE(counters.cpus);
}

Contention others(double share, std::uint32_t cpus) {
  return {.others_share = share, .cpus = cpus};
}

TEST(Contention, OthersAreWhatRanAndWasNotOurs) {
  const ContentionCounters before{.busy = Seconds(100), .own = Seconds(5), .cpus = 2};
  const ContentionCounters after{.busy = Seconds(108), .own = Seconds(11), .cpus = 2};
  EXPECT_DOUBLE_EQ(*contention_between(before, after, Seconds(4), 2).others_share, 0.25);
  const ContentionCounters ticks_lag{.busy = Seconds(105), .own = Seconds(11), .cpus = 2};
  EXPECT_DOUBLE_EQ(*contention_between(before, ticks_lag, Seconds(4), 2).others_share, 0);
}

TEST(Contention, OfThisMachineEverythingIsCounted) {
  const ContentionCounters now = read_contention();
  ASSERT_TRUE(now.busy && now.own && now.cpus);
  EXPECT_GE(*now.cpus, 1U);
  EXPECT_GT(now.own->value, 0);
}

TEST(Contention, WhatOthersRanWhereWeNeededNothingCostsNothing) {
  EXPECT_DOUBLE_EQ(*taken_share(others(0.5, 2), 1), 0);
  EXPECT_DOUBLE_EQ(*taken_share(others(0.5, 2), 2), 0.5);
  EXPECT_NEAR(*taken_share(others(0.25, 4), 4), 0.25, 1e-12);
  EXPECT_DOUBLE_EQ(*taken_share(others(0.25, 4), 3), 0);
  EXPECT_FALSE(taken_share({}, 2)) << "what is not known is not 0";
}

TEST(Contention, MoreThreadsThanProcessorsIsOurOwnDoing) {
  EXPECT_DOUBLE_EQ(*taken_share(others(0, 2), 8), 0);
}

TEST(Contention, TellsHowManyThreadsOthersLeaveAlone) {
  EXPECT_EQ(undisturbed_threads(others(0.5, 2)), 1U);
  EXPECT_EQ(undisturbed_threads(others(0.01, 2)), 2U);
  EXPECT_EQ(undisturbed_threads(others(0.25, 8)), 6U);
  EXPECT_EQ(undisturbed_threads(others(1, 8)), 1U);
  EXPECT_FALSE(undisturbed_threads({}));
}

TEST(Contention, TwoStretchesAreWeightedByTheirLength) {
  const Contention both = joined(others(0.4, 2), Seconds(10), others(0, 2), Seconds(30));
  EXPECT_NEAR(*both.others_share, 0.1, 1e-12);
  EXPECT_FALSE(both.stolen_share);
  EXPECT_DOUBLE_EQ(*joined({}, Seconds(10), others(0.3, 2), Seconds(1)).others_share, 0.3);
}

}  // namespace
}  // namespace tokcast
