#include "machine/machine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"

namespace tokcast {
namespace {

// A machine made of a few files below a temporary root.
class FakeMachine : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "tokcast-machine-XXXXXX";
    ASSERT_NE(mkdtemp(root_.data()), nullptr);
  }
  void has(const std::string& path, const std::string& content) {
    ASSERT_TRUE(write_file(root_ + path, content));
  }
  void has_cores_with_two_threads(std::uint32_t cores) {
    has("/sys/devices/system/cpu/online", "0-" + std::to_string(2 * cores - 1));
    for (std::uint32_t cpu = 0; cpu < 2 * cores; ++cpu) {
      const std::uint32_t first = cpu % cores;
      has("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list",
          std::to_string(first) + "," + std::to_string(first + cores));
    }
  }
  Machine read() { return read_machine(root_); }

  std::string root_;
};

TEST_F(FakeMachine, ThatTellsNothingIsUnknownNotZero) {
  const Machine machine = read();
  EXPECT_EQ(machine.name, "unknown processor");
  EXPECT_EQ(machine.memory_total, std::nullopt);
  EXPECT_EQ(machine.memory_limit(), std::nullopt);
  EXPECT_EQ(machine.cpu_quota, std::nullopt);
  EXPECT_EQ(machine.usable_threads(), 1U);
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
}

}  // namespace
}  // namespace tokcast
