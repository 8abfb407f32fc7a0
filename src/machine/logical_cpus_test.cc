#include "machine/logical_cpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/fake_root_test_util.h"

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A small hybrid: cores 0 and 1 with two threads each (0-3), efficiency cores 4 and 5.
void make_hybrid(const FakeRoot& root) {
  root.has("/sys/devices/system/cpu/online", "0-5\n");
  for (std::uint32_t cpu = 0; cpu < 4; ++cpu) {
    root.has_cpu({cpu, cpu / 2 * 2, cpu / 2 * 2 + 1, cpu / 2 * 4, 0, "3f"});
  }
  for (std::uint32_t cpu = 4; cpu < 6; ++cpu) root.has_cpu({cpu, cpu, cpu, cpu + 4, 0, "3f"});
}

TEST(LogicalCpus, PutPerformanceCoresFirstAndSecondThreadsLast) {
  const FakeRoot root;
  make_hybrid(root);
  root.has("/sys/devices/cpu_core/cpus", "0-3\n");
  root.has("/sys/devices/cpu_atom/cpus", "4-5\n");
  const std::vector<LogicalCpu> cpus = read_logical_cpus(root.path());
  EXPECT_EQ(count_cores(cpus), 4U);
  EXPECT_THAT(best_first(cpus), ElementsAre(0, 2, 4, 5, 1, 3));
  EXPECT_THAT(best_first(performance_only(cpus)), ElementsAre(0, 2, 1, 3));
}

TEST(LogicalCpus, AreTakenForEfficiencyCoresByTheirCapacityOnArm) {
  const FakeRoot root;
  make_hybrid(root);
  for (std::uint32_t cpu = 0; cpu < 6; ++cpu) {
    root.has(cpu_folder("", cpu) + "/cpu_capacity", cpu < 4 ? "414" : cpu == 4 ? "1024" : "1010");
  }
  std::vector<bool> efficiency;
  for (const LogicalCpu& cpu : read_logical_cpus(root.path())) efficiency.push_back(cpu.efficiency);
  EXPECT_THAT(efficiency, ElementsAre(true, true, true, true, false, false));
}

TEST(LogicalCpus, OfOneCapacityAreAllAlike) {
  const FakeRoot root;
  make_hybrid(root);
  for (std::uint32_t cpu = 0; cpu < 6; ++cpu) root.has(cpu_folder("", cpu) + "/cpu_capacity", "1024");
  for (const LogicalCpu& cpu : read_logical_cpus(root.path())) EXPECT_FALSE(cpu.efficiency);
}

TEST(LogicalCpus, ComeFromCpuinfoWhereThereIsNoSys) {
  const FakeRoot root;
  root.has("/proc/cpuinfo",
           "processor : 0\nphysical id : 0\ncore id : 0\n\nprocessor : 1\nphysical id : 0\ncore id : 0\n\n"
           "processor : 2\nphysical id : 0\ncore id : 1\n");
  const std::vector<LogicalCpu> cpus = read_logical_cpus(root.path());
  EXPECT_EQ(cpus.size(), 3U);
  EXPECT_EQ(count_cores(cpus), 2U);
  EXPECT_THAT(best_first(cpus), ElementsAre(0, 2, 1));
}

TEST(LogicalCpus, OfUnknownCoresStayInOrder) {
  const FakeRoot root;
  root.has("/proc/cpuinfo", "processor : 0\n\nprocessor : 1\n");
  const std::vector<LogicalCpu> cpus = read_logical_cpus(root.path());
  EXPECT_EQ(count_cores(cpus), std::nullopt);
  EXPECT_THAT(best_first(cpus), ElementsAre(0, 1));
}

TEST(LogicalCpus, AreNoneWhereNothingTellsOrAllIsNonsense) {
  const FakeRoot root;
  EXPECT_THAT(read_logical_cpus(root.path()), IsEmpty());
  root.has("/sys/devices/system/cpu/online", "0-99999999999");
  root.has("/proc/cpuinfo", "processor : 99999999999\nprocessor : x\nprocessor :\n");
  EXPECT_THAT(read_logical_cpus(root.path()), IsEmpty());
  EXPECT_EQ(count_cores({}), std::nullopt);
  EXPECT_THAT(best_first({}), IsEmpty());
}

}  // namespace
}  // namespace tokcast
