#include "machine/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "machine/fake_root_test_util.h"

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Two packages of two cores with two threads, each with its caches and memory, and a node without processors.
void make_two_sockets(const FakeRoot& root) {
  root.has("/sys/devices/system/cpu/online", "0-7\n");
  for (std::uint32_t cpu = 0; cpu < 8; ++cpu) {
    const std::uint32_t core = cpu % 4;  // the second threads are 4 to 7
    const std::uint32_t package = core / 2;
    const std::string package_mask = package == 0 ? "33" : "cc";
    const std::string core_mask = fmt::format("{:x}", 0x11U << core);
    root.has_cpu({cpu, core, core + 4, core % 2, package, package_mask});
    root.has_cache({cpu, 0, 1, "Data", "32K", core_mask});
    root.has_cache({cpu, 1, 1, "Instruction", "32K", core_mask});
    root.has_cache({cpu, 2, 2, "Unified", "256K", core_mask});
    root.has_cache({cpu, 3, 3, "Unified", "25600K", package_mask});
  }
  root.has("/sys/devices/system/node/online", "0-2\n");
  root.has_node({0, "33", "0-1,4-5", 1024});
  root.has_node({1, "cc", "2-3,6-7", 2048});
  root.has_node({2, "00", "", 4096});
}

TEST(Topology, CountsPackagesCoresAndEachSizeOfCache) {
  const FakeRoot root;
  make_two_sockets(root);
  const Result<Topology> topology = read_topology(root.path());
  ASSERT_TRUE(topology) << describe(topology.error());
  EXPECT_EQ(topology->sockets, 2U);
  EXPECT_EQ(topology->cores, 4U);
  ASSERT_EQ(topology->caches.size(), 3U);  // none of instructions
  EXPECT_EQ(topology->caches[0].size, Bytes(32 * kKibi.value));
  EXPECT_EQ(topology->caches[0].instances, 4U);
  EXPECT_EQ(topology->caches[1].level, 2U);
  EXPECT_EQ(topology->caches[2].level, 3U);
  EXPECT_EQ(topology->caches[2].size, Bytes(25600ULL * 1024));
  EXPECT_EQ(topology->caches[2].instances, 2U);
}

TEST(Topology, GivesEachMemoryNodeItsProcessorsAndOnlyItsOwn) {
  const FakeRoot root;
  make_two_sockets(root);
  const Result<Topology> topology = read_topology(root.path());
  ASSERT_TRUE(topology);
  ASSERT_EQ(topology->numa_nodes.size(), 3U);
  EXPECT_THAT(topology->numa_nodes[0].cpus, ElementsAre(0, 1, 4, 5));
  EXPECT_THAT(topology->numa_nodes[1].cpus, ElementsAre(2, 3, 6, 7));
  EXPECT_THAT(topology->numa_nodes[2].cpus, IsEmpty());
  EXPECT_EQ(topology->numa_nodes[1].memory, Bytes(2048 * kKibi.value));
  EXPECT_EQ(topology->numa_nodes[2].memory, Bytes(4096 * kKibi.value));
}

TEST(Topology, ListsCachesOfAHybridByDescendingSize) {
  const FakeRoot root;
  root.has("/sys/devices/system/cpu/online", "0-2\n");
  for (std::uint32_t cpu = 0; cpu < 3; ++cpu) {
    root.has_cpu({cpu, cpu, cpu, cpu, 0, "7"});
    root.has_cache({cpu, 0, 2, "Unified", cpu == 2 ? "2048K" : "1280K", fmt::format("{:x}", 1U << cpu)});
  }
  const Result<Topology> topology = read_topology(root.path());
  ASSERT_TRUE(topology) << describe(topology.error());
  ASSERT_EQ(topology->caches.size(), 2U);
  EXPECT_EQ(topology->caches[0].size, Bytes(2048 * kKibi.value));
  EXPECT_EQ(topology->caches[1].instances, 2U);
}

TEST(Topology, LeavesOutProcessorsThatAreOffline) {
  const FakeRoot root;
  make_two_sockets(root);
  root.has("/sys/devices/system/cpu/online", "0-3\n");
  const Result<Topology> topology = read_topology(root.path());
  ASSERT_TRUE(topology) << describe(topology.error());
  EXPECT_EQ(topology->cores, 4U);
}

TEST(Topology, IsNotThereWithoutSys) {
  const FakeRoot root;
  root.has("/proc/cpuinfo", "processor : 0\n");
  EXPECT_EQ(read_topology(root.path()).error().kind, ErrorKind::kNotFound);
  root.has("/sys/devices/system/cpu/online", "0-1");
  EXPECT_EQ(read_topology(root.path()).error().kind, ErrorKind::kNotFound);
}

TEST(Topology, RefusesListsThatWouldEndTheProcess) {
  for (const char* bad : {"", "3-1", "0-99999999999", "4294967295", "0-010", "garbage"}) {
    for (const char* file : {"/sys/devices/system/cpu/online", "/sys/devices/system/node/online"}) {
      const FakeRoot root;
      make_two_sockets(root);
      root.has(file, bad);
      const Result<Topology> topology = read_topology(root.path());
      ASSERT_FALSE(topology) << file << " with " << bad;
      EXPECT_EQ(topology.error().kind, ErrorKind::kBadInput);
    }
  }
}

TEST(Topology, RefusesProcessorsWithNumbersBeyondMeasure) {
  const FakeRoot root;
  make_two_sockets(root);
  root.has("/sys/devices/system/cpu/cpu4000000000/topology/core_id", "0");
  EXPECT_EQ(read_topology(root.path()).error().kind, ErrorKind::kBadInput);
}

TEST(Topology, RefusesProcessorsWithoutANumber) {
  const FakeRoot root;
  make_two_sockets(root);
  root.has("/proc/cpuinfo", "processor : 0\nmodel name : x\n");
  EXPECT_TRUE(read_topology(root.path()));
  for (const std::string& number : {std::string(), std::string("x"), std::string(120, ' ') + "0"}) {
    root.has("/proc/cpuinfo", "processor : 0\nmodel name : x\nprocessor : " + number + "\n");
    EXPECT_FALSE(read_topology(root.path())) << number;
  }
}

TEST(Topology, DoesNotCareForOtherFilesBesideTheProcessors) {
  const FakeRoot root;
  make_two_sockets(root);
  for (const char* other : {"cpufreq/x", "cpuidle/x", "cpu", "cpux"}) {
    root.has(std::string("/sys/devices/system/cpu/") + other, "");
  }
  EXPECT_TRUE(read_topology(root.path()));
}

TEST(Topology, LeavesTheEnvironmentAsItWas) {
  const FakeRoot root;
  make_two_sockets(root);
  ASSERT_EQ(setenv("HWLOC_FSROOT", "/before", 1), 0);
  ASSERT_EQ(unsetenv("HWLOC_COMPONENTS"), 0);
  EXPECT_TRUE(read_topology(root.path()));
  EXPECT_STREQ(getenv("HWLOC_FSROOT"), "/before");
  EXPECT_EQ(getenv("HWLOC_COMPONENTS"), nullptr);
  ASSERT_EQ(unsetenv("HWLOC_FSROOT"), 0);
}

// Whatever a file says, an answer or an error comes back. The seed is fixed, so that a failure comes again.
TEST(Topology, SurvivesMutatedFiles) {
  std::mt19937 random(3);
  const std::vector<std::string> files = {"cpu/online",
                                          "cpu/cpu0/topology/core_cpus",
                                          "cpu/cpu1/topology/package_cpus",
                                          "cpu/cpu2/cache/index3/size",
                                          "cpu/cpu3/cache/index3/shared_cpu_map",
                                          "cpu/cpu0/cache/index0/level",
                                          "node/online",
                                          "node/node0/cpumap",
                                          "node/node1/meminfo",
                                          "cpu/cpu4/topology/core_id",
                                          "node/node2/cpumap",
                                          "cpu/cpu5/topology/physical_package_id"};
  constexpr std::string_view kBytes = "0123456789abcdef,-xKM \n";
  const FakeRoot root;
  for (int round = 0; round < 300; ++round) {
    if (round % 10 == 0) make_two_sockets(root);
    std::string content(random() % 12, ' ');
    for (char& byte : content) byte = kBytes[random() % kBytes.size()];
    root.has("/sys/devices/system/" + files[random() % files.size()], content);
    const Result<Topology> topology = read_topology(root.path());
    if (topology) {
      EXPECT_LE(topology->numa_nodes.size(), 3U);
    }
  }
}

TEST(Topology, OfThisMachineHasCoresOrAReason) {
  const Result<Topology> topology = read_topology("");
  if (topology) {
    EXPECT_GE(topology->cores.value_or(1), 1U);
  } else {
    EXPECT_FALSE(topology.error().message.empty());
  }
}

}  // namespace
}  // namespace tokcast
