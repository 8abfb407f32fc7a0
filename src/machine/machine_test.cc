#include "machine/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/fake_root_test_util.h"

namespace tokcast {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// A machine made of a few files below a temporary root.
class FakeMachine : public testing::Test {
 protected:
  void has(const std::string& path, const std::string& content) { root_.has(path, content); }
  void has_cores_with_two_threads(std::uint32_t cores) {
    has("/sys/devices/system/cpu/online", "0-" + std::to_string(2 * cores - 1));
    for (std::uint32_t cpu = 0; cpu < 2 * cores; ++cpu) {
      const std::uint32_t first = cpu % cores;
      has("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list",
          std::to_string(first) + "," + std::to_string(first + cores));
    }
  }
  Machine read() { return read_machine(root_.path()); }

  FakeRoot root_;
};

TEST_F(FakeMachine, ThatTellsNothingIsUnknownNotZero) {
  const Machine machine = read();
  EXPECT_EQ(machine.name, "unknown processor");
  EXPECT_EQ(machine.memory_total, std::nullopt);
  EXPECT_EQ(machine.memory_limit(), std::nullopt);
  EXPECT_EQ(machine.cpu_quota, std::nullopt);
  EXPECT_EQ(machine.usable_threads(), 1U);
  EXPECT_THAT(machine.cpu_order, IsEmpty());
  EXPECT_EQ(machine.threads_from, "");
}

TEST_F(FakeMachine, CountsPhysicalCoresBeforeTheirSecondThreads) {
  has_cores_with_two_threads(10);
  has("/proc/cpuinfo", "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) CPU E5-2660 v3 @ 2.60GHz\n");
  has("/sys/devices/system/cpu/cpu0/cache/index0/size", "32K");
  has("/sys/devices/system/cpu/cpu0/cache/index3/size", "25600K");
  const Machine machine = read();
  EXPECT_EQ(machine.name, "Intel(R) Xeon(R) CPU E5-2660 v3 @ 2.60GHz");
  EXPECT_EQ(machine.logical_cpus, 20U);
  EXPECT_EQ(machine.usable_threads(), 10U);
  EXPECT_EQ(machine.last_level_cache, Bytes(25600ULL * 1024));
}

TEST_F(FakeMachine, KnowsTheLargestCacheBehindTheProcessorsThatItMayUse) {
  has("/sys/devices/system/cpu/online", "0-2");
  has("/sys/devices/system/cpu/cpu0/cache/index2/size", "4096K");
  has("/sys/devices/system/cpu/cpu1/cache/index2/size", "12288K");
  has("/sys/devices/system/cpu/cpu2/cache/index2/size", "16384K");
  has("/proc/self/status", "Cpus_allowed_list:\t0-1\n");
  EXPECT_EQ(read().last_level_cache, 12 * kMebi);
}

TEST_F(FakeMachine, OfTwoKindsOfCoresGivesThreadsToTheFastOnesOnly) {
  has_cores_with_two_threads(2);  // 0-3
  has("/sys/devices/system/cpu/online", "0-7");
  for (const char* cpu : {"4", "5", "6", "7"}) {
    has("/sys/devices/system/cpu/cpu"s + cpu + "/topology/thread_siblings_list", cpu);
  }
  has("/sys/devices/cpu_core/cpus", "0-3");
  has("/sys/devices/cpu_atom/cpus", "4-7");
  EXPECT_EQ(read().physical_cores, 6U);
  EXPECT_EQ(read().performance_cores, 2U);
  EXPECT_EQ(read().usable_threads(), 2U);
  EXPECT_EQ(read().threads_from, "performance cores");
  const std::string whole = read().identity();
  has("/proc/self/status", "Cpus_allowed_list:\t0,2,4-5\n");  // both threads of one fast core
  EXPECT_EQ(read().usable_threads(), 1U);
  EXPECT_EQ(read().threads_from, "affinity");
  EXPECT_NE(read().identity(), whole);
  has("/proc/self/status", "Cpus_allowed_list:\t4-7\n");
  EXPECT_EQ(read().performance_cores, std::nullopt) << "there is but one kind";
  EXPECT_EQ(read().usable_threads(), 4U);
  EXPECT_EQ(read().threads_from, "affinity");
}

TEST_F(FakeMachine, HonoursACgroup2QuotaOfAnAncestor) {
  has_cores_with_two_threads(8);
  has("/proc/self/cgroup", "0::/pod/container\n");
  has("/sys/fs/cgroup/pod/container/cpu.max", "max 100000");
  has("/sys/fs/cgroup/pod/cpu.max", "250000 100000");
  const Machine machine = read();
  EXPECT_DOUBLE_EQ(*machine.cpu_quota, 2.5);
  EXPECT_EQ(machine.usable_threads(), 3U);
}

TEST_F(FakeMachine, IsBoundByTheTightestCgroup2MemoryLimitLessWhatIsUsed) {
  has("/proc/meminfo", "MemTotal: 64000000 kB\nMemAvailable: 60000000 kB\n");
  has("/proc/self/cgroup", "0::/a/b\n");
  has("/sys/fs/cgroup/a/b/memory.max", "max");
  has("/sys/fs/cgroup/a/memory.max", "4000000000");
  has("/sys/fs/cgroup/a/memory.current", "1500000000");
  has("/sys/fs/cgroup/a/memory.stat", "anon 1000000000\ninactive_file 300000000\nactive_file 200000000\n");
  const auto limit = read().memory_limit();
  ASSERT_TRUE(limit);
  EXPECT_EQ(limit->bytes, Bytes(3'000'000'000));
  EXPECT_EQ(limit->from, "cgroup");
}

TEST_F(FakeMachine, ReadsCgroup1Limits) {
  has("/proc/meminfo", "MemTotal: 64000000 kB\nMemAvailable: 60000000 kB\n");
  has("/proc/self/cgroup", "4:memory:/job\n1:cpu,cpuacct:/job\n0::/\n");
  has("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2000000000");
  has("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "500000000");
  has("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  has("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "150000");
  has("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000");
  const Machine machine = read();
  EXPECT_EQ(machine.memory_limit()->bytes, Bytes(1'500'000'000));
  EXPECT_DOUBLE_EQ(*machine.cpu_quota, 1.5);
}

TEST_F(FakeMachine, WithoutALimitIsBoundByTheMemoryAvailable) {
  has("/proc/meminfo", "MemTotal: 64000000 kB\nMemAvailable: 1000 kB\n");
  has("/proc/self/cgroup", "4:memory:/\n");
  has("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  const auto limit = read().memory_limit();
  ASSERT_TRUE(limit);
  EXPECT_EQ(limit->bytes, Bytes(1'024'000));
  EXPECT_EQ(limit->from, "memory available");
}

TEST_F(FakeMachine, HasAnIdentityThatChangesWithItsShare) {
  has_cores_with_two_threads(4);
  const std::string whole = read().identity();
  EXPECT_EQ(read().identity(), whole);
  has("/proc/self/cgroup", "0::/\n");
  has("/sys/fs/cgroup/cpu.max", "100000 100000");
  EXPECT_NE(read().identity(), whole);
}

TEST_F(FakeMachine, OffersOneThreadOfEachCoreBeforeTheSecondOnes) {
  has_cores_with_two_threads(3);
  const Machine machine = read();
  EXPECT_THAT(machine.cpu_order, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(machine.threads_from, "physical cores");
  has("/proc/self/status", "Name:\tx\nCpus_allowed_list:\t1-2,4-5\n");  // both threads of cores 1 and 2
  EXPECT_THAT(read().cpu_order, ElementsAre(1, 2, 4, 5));
}

TEST_F(FakeMachine, SaysWhatBoundsItsThreads) {
  has_cores_with_two_threads(4);
  has("/proc/self/status", "Cpus_allowed_list:\t0,4\n");
  EXPECT_EQ(read().usable_threads(), 1U);
  EXPECT_EQ(read().threads_from, "affinity");
  has("/proc/self/cgroup", "0::/job\n");
  has("/sys/fs/cgroup/job/cpuset.cpus.effective", "0,4\n");
  EXPECT_EQ(read().threads_from, "cpuset");
  has("/sys/fs/cgroup/job/cpu.max", "50000 100000");
  EXPECT_EQ(read().threads_from, "cpuset");  // half a CPU is still one thread, and one core is all there is
  has("/proc/self/status", "Cpus_allowed_list:\t0-7\n");
  has("/sys/fs/cgroup/job/cpuset.cpus.effective", "0-7\n");
  EXPECT_EQ(read().threads_from, "cgroup quota");
}

TEST_F(FakeMachine, HonoursTheSetsOfBothVersionsOfControlGroups) {
  has_cores_with_two_threads(4);
  has("/proc/self/cgroup", "3:cpuset:/a/b\n0::/\n");
  has("/sys/fs/cgroup/cpuset/a/cpuset.cpus", "0-3\n");
  has("/sys/fs/cgroup/cpuset/a/b/cpuset.cpus", "2-7\n");
  EXPECT_THAT(read().cpu_order, ElementsAre(2, 3));
  has("/proc/self/cgroup", "0::/a/b\n");
  has("/sys/fs/cgroup/a/cpuset.cpus.effective", "1-2\n");
  has("/sys/fs/cgroup/a/b/cpuset.cpus.effective", "\n");  // as its parent
  EXPECT_THAT(read().cpu_order, ElementsAre(1, 2));
  EXPECT_EQ(read().allowed_cpus, 2U);
}

TEST_F(FakeMachine, CountsTheMemoryAboveWhichItWouldBeThrottledAsALimit) {
  has("/proc/self/cgroup", "0::/a\n");
  has("/sys/fs/cgroup/a/memory.max", "8000000000");
  has("/sys/fs/cgroup/a/memory.high", "6000000000");
  has("/sys/fs/cgroup/a/memory.current", "1000000000");
  EXPECT_EQ(read().memory_limit()->bytes, Bytes(5'000'000'000));
}

TEST_F(FakeMachine, LooksForItsGroupBelowTheMountOnly) {
  has("/proc/self/cgroup", "0::/../../../secret\n");
  has("/secret/memory.max", "1");
  has("/sys/fs/cgroup/memory.max", "2000000000");
  EXPECT_EQ(read().memory_limit()->bytes, Bytes(2'000'000'000));
}

TEST_F(FakeMachine, IsNotConfusedByAQuotaBeyondMeasure) {
  has_cores_with_two_threads(2);
  has("/proc/self/cgroup", "0::/\n");
  has("/sys/fs/cgroup/cpu.max", "18446744073709551615 1");
  EXPECT_EQ(read().usable_threads(), 2U);
}

TEST_F(FakeMachine, WithoutSysStillHasWhatProcTells) {
  has("/proc/cpuinfo",
      "processor : 0\nmodel name : Some CPU\nphysical id : 0\ncore id : 0\n\n"
      "processor : 1\nmodel name : Some CPU\nphysical id : 0\ncore id : 0\n");
  const Machine machine = read();
  EXPECT_EQ(machine.logical_cpus, 2U);
  EXPECT_EQ(machine.usable_threads(), 1U);
}

TEST_F(FakeMachine, SurvivesNonsenseInItsFiles) {
  has("/sys/devices/system/cpu/online", "0-99999999999,x,-,3-1");
  has("/proc/meminfo", "MemAvailable: lots\nMemTotal:\n");
  has("/proc/self/cgroup", "garbage\n0:\n::\n0::relative\n");
  has("/sys/fs/cgroup/cpu.max", "100000 0");
  const Machine machine = read();
  EXPECT_EQ(machine.memory_available, std::nullopt);
  EXPECT_EQ(machine.usable_threads(), 1U);
}

TEST(Machine, ThatWeRunOnHasMemoryAndThreads) {
  const Machine machine = read_machine();
  EXPECT_GE(machine.usable_threads(), 1U);
  EXPECT_TRUE(machine.memory_limit());
  EXPECT_EQ(machine.cpu_order.size(), machine.allowed_cpus);
  EXPECT_NE(machine.threads_from, "");
}

}  // namespace
}  // namespace tokcast
