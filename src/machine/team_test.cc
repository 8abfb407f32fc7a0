#include "machine/team.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>

#include "machine/own_cpus_test_util.h"

namespace tokcast {
namespace {

using testing::Each;
using testing::Eq;

TEST(Team, RunsEachMemberOnceOnItsOwnCpu) {
  Team team(own_cpus());
  const std::vector<std::uint32_t> members = team.members();
  std::vector<int> runs(members.size()), cpus(members.size());
  const auto work = [&](std::uint32_t member) {
    ++runs[member];
    cpus[member] = sched_getcpu();
  };
  for (int i = 0; i < 3; ++i) team.run(members, work);
  EXPECT_THAT(runs, Each(Eq(3)));
  EXPECT_EQ(std::vector<std::uint32_t>(cpus.begin(), cpus.end()), own_cpus());
}

TEST(Team, RunsOnlyTheMembersNamed) {
  const std::uint32_t cpu = own_cpus().front();
  Team team(std::vector{cpu, cpu, cpu});
  std::vector<int> runs(3);
  team.run(std::vector<std::uint32_t>{0, 2}, [&](std::uint32_t member) { ++runs[member]; });
  EXPECT_EQ(runs, (std::vector<int>{1, 0, 1}));
}

TEST(Team, LeavesOutCpusThatTheMachineDoesNotHave) {
  const std::uint32_t cpu = own_cpus().front();
  const Team team(std::vector<std::uint32_t>{1'000'000, cpu});
  EXPECT_EQ(team.cpus(), std::vector{cpu});
}

TEST(Team, BeginsTogether) {
  const std::uint32_t cpu = own_cpus().front();
  Team team(std::vector{cpu, cpu});
  std::atomic<int> awake{0};
  // Each waits for the other inside its work: that ends only if both are let in.
  team.run(team.members(), [&](std::uint32_t) {
    ++awake;
    while (awake < 2) sched_yield();
  });
  EXPECT_EQ(awake, 2);
}

}  // namespace
}  // namespace tokcast
