#include "machine/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "machine/fake_root_test_util.h"

namespace tokcast {
namespace {

using testing::IsEmpty;

// A hybrid laptop: performance cores 0 and 1 with two threads each, efficiency cores 4 to 6.
const std::map<std::string, std::string>& laptop_files() {
  static const std::map<std::string, std::string> files = {
      {"/proc/cpuinfo",
       "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 154\n"
       "model name\t: 12th Gen Intel(R) Core(TM) i5-1235U\nstepping\t: 4\ncpu MHz\t\t: 1000.0\n"
       "flags\t\t: fpu lm sse4_2 avx f16c fma avx2 bmi2 avx_vnni\n\n"
       "processor\t: 1\ncpu MHz\t\t: 2000.0\n"},
      {"/proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 9000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"},
      {"/proc/sys/kernel/osrelease", "6.8.0-45-generic\n"},
      {"/proc/sys/kernel/arch", "x86_64\n"},
      {"/proc/self/mountinfo", "27 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n"},
      {"/etc/os-release", "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\n"},
      {"/sys/devices/system/cpu/online", "0-6\n"},
      {"/sys/devices/cpu_core/cpus", "0-3\n"},
      {"/sys/devices/cpu_atom/cpus", "4-6\n"},
      {"/sys/devices/system/cpu/cpu0/cpufreq/base_frequency", "1300000\n"},
      {"/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "4400000\n"},
      {"/sys/devices/system/cpu/cpu4/cpufreq/cpuinfo_max_freq", "3300000\n"},
      {"/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n"},
      {"/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", "intel_pstate\n"},
      {"/sys/class/dmi/id/product_name", "20XW0026US\n"},
  };
  return files;
}

void make_laptop(const FakeRoot& root) {
  for (const auto& [path, content] : laptop_files()) root.has(path, content);
  for (std::uint32_t cpu = 0; cpu < 7; ++cpu) {
    const std::uint32_t first = cpu < 4 ? cpu / 2 * 2 : cpu;
    root.has_cpu({cpu, first, cpu < 4 ? first + 1 : cpu, first, 0, "7f"});
    root.has_cache(
        {cpu, 0, 1, "Data", cpu < 4 ? "48K" : "32K", fmt::format("{:x}", cpu < 4 ? 3U << first : 1U << cpu)});
    root.has_cache({cpu, 1, 3, "Unified", "12288K", "7f"});
  }
}

TEST(Facts, OfAHybridLaptopAreAllThere) {
  const FakeRoot root;
  make_laptop(root);
  const Facts facts = read_facts(root.path(), "/home/models");
  EXPECT_EQ(facts.cpu.name, "12th Gen Intel(R) Core(TM) i5-1235U");
  EXPECT_EQ(facts.cpu.microarchitecture, "Alder Lake");
  EXPECT_EQ(facts.cpu.ggml_variant, "alderlake");
  EXPECT_EQ(facts.cpu.sockets, 1U);
  EXPECT_EQ(facts.cpu.cores, 5U);
  EXPECT_EQ(facts.cpu.logical_cpus, 7U);
  EXPECT_EQ(facts.cpu.performance_cores, 2U);
  EXPECT_EQ(facts.cpu.efficiency_cores, 3U);
  EXPECT_DOUBLE_EQ(*facts.cpu.base_megahertz, 1300);
  EXPECT_DOUBLE_EQ(*facts.cpu.most_megahertz, 4400);
  EXPECT_DOUBLE_EQ(*facts.cpu.current_megahertz, 1500);
  EXPECT_EQ(facts.cpu.governor, "powersave");
  EXPECT_EQ(facts.cpu.frequency_driver, "intel_pstate");
  ASSERT_EQ(facts.cpu.caches.size(), 3U);
  EXPECT_EQ(facts.cpu.caches[0].size, Bytes(48 * kKibi.value));
  EXPECT_EQ(facts.cpu.caches[1].instances, 3U);
  EXPECT_EQ(facts.memory.swap_used, Bytes(0));
  EXPECT_EQ(facts.platform.board, "20XW0026US");
  EXPECT_EQ(facts.disk.kind, "NVMe");
}

TEST(Facts, WithoutSysAreWhatProcTellsAndTheRestHasAReason) {
  const FakeRoot root;
  root.has(
      "/proc/cpuinfo",
      "processor : 0\nvendor_id : AuthenticAMD\ncpu family : 25\nmodel : 97\nmodel name : AMD Ryzen 9 7950X\n"
      "stepping : 2\nphysical id : 0\ncore id : 0\nflags : lm avx2\n\n"
      "processor : 1\nphysical id : 0\ncore id : 0\n");
  root.has("/proc/meminfo", "MemTotal: 1000 kB\n");
  const Facts facts = read_facts(root.path(), "/models");
  EXPECT_EQ(facts.cpu.microarchitecture, "Zen 4");
  EXPECT_EQ(facts.cpu.sockets, 1U);
  EXPECT_EQ(facts.cpu.cores, 1U);
  EXPECT_EQ(facts.cpu.logical_cpus, 2U);
  EXPECT_EQ(facts.memory.total, Bytes(1000 * kKibi.value));
  EXPECT_THAT(facts.cpu.caches, IsEmpty());
  for (const char* fact : {"cpu.caches", "cpu.numa_nodes", "cpu.governor", "memory.modules", "disk.kind"}) {
    EXPECT_NE(reason_of(facts.unknown, fact), "") << fact;
  }
  EXPECT_EQ(reason_of(facts.unknown, "cpu.cores"), "");
}

TEST(Facts, OfAnEmptyRootAreUnknownEachWithAReason) {
  const FakeRoot root;
  const Facts facts = read_facts(root.path(), "/models");
  EXPECT_EQ(facts.cpu.name, "unknown processor");
  EXPECT_EQ(facts.cpu.architecture, "unknown");
  EXPECT_EQ(facts.cpu.cores, std::nullopt);
  std::set<std::string> named;
  for (const UnknownFact& unknown : facts.unknown) {
    EXPECT_FALSE(unknown.reason.empty()) << unknown.fact;
    EXPECT_TRUE(named.insert(unknown.fact).second) << unknown.fact << " twice";
  }
  EXPECT_GE(named.size(), 25U);
}

TEST(Facts, TakeTheBaseFrequencyFromTheNameWhereNoDriverTells) {
  const FakeRoot root;
  root.has("/proc/cpuinfo", "processor : 0\nmodel name : Intel(R) Xeon(R) CPU E5-2660 v3 @ 2.60GHz\n");
  EXPECT_DOUBLE_EQ(*read_facts(root.path(), "/").cpu.base_megahertz, 2600);
  root.has("/proc/cpuinfo", "processor : 0\nmodel name : @ GHz\n");
  EXPECT_EQ(read_facts(root.path(), "/").cpu.base_megahertz, std::nullopt);
}

// Whatever the files say, facts come back. The seed is fixed, so that a failure comes again.
TEST(Facts, SurviveTruncatedAndMutatedFiles) {
  std::mt19937 random(11);
  const FakeRoot root;
  make_laptop(root);
  for (const auto& [path, content] : laptop_files()) {
    for (int round = 0; round < 12; ++round) {
      std::string bad = content.substr(0, random() % (content.size() + 1));
      for (int i = 0; i < 3 && !bad.empty(); ++i) bad[random() % bad.size()] = static_cast<char>(random());
      root.has(path, bad);
      EXPECT_FALSE(read_facts(root.path(), "/home/models").cpu.name.empty());
    }
    root.has(path, content);
  }
}

TEST(Facts, OfThisMachineNameItsProcessorAndMemory) {
  const Facts facts = read_facts("", testing::TempDir());
  EXPECT_NE(facts.cpu.architecture, "unknown");
  EXPECT_GE(facts.cpu.logical_cpus.value_or(0), 1U);
  EXPECT_TRUE(facts.memory.total);
  EXPECT_FALSE(facts.platform.kernel.empty());
}

}  // namespace
}  // namespace tokcast
