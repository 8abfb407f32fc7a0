#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/facts_parts.h"
#include "machine/fake_root_test_util.h"

namespace tokcast {
namespace {

TEST(MemoryFacts, ComeFromMeminfo) {
  const FakeRoot root;
  root.has("/proc/meminfo",
           "MemTotal: 1000 kB\nMemAvailable: 600 kB\nSwapTotal: 300 kB\nSwapFree: 100 kB\n"
           "HugePages_Free: 7\nHugepagesize: 2048 kB\n");
  root.has("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  UnknownFacts unknown;
  const MemoryFacts memory = read_memory_facts(root.path(), unknown);
  EXPECT_EQ(memory.total, Bytes(1000 * kKibi.value));
  EXPECT_EQ(memory.available, Bytes(600 * kKibi.value));
  EXPECT_EQ(memory.swap_used, Bytes(200 * kKibi.value));
  EXPECT_EQ(memory.huge_pages_free, 7U);
  EXPECT_EQ(memory.huge_page_size, Bytes(2048 * kKibi.value));
  EXPECT_EQ(memory.transparent_huge_pages, "madvise");
  EXPECT_EQ(reason_of(unknown, "memory.modules"), "the kernel shows no SMBIOS table");
}

TEST(MemoryFacts, AreUnknownWithAReasonWhereNothingTells) {
  const FakeRoot root;
  UnknownFacts unknown;
  const MemoryFacts memory = read_memory_facts(root.path(), unknown);
  EXPECT_EQ(memory.total, std::nullopt);
  EXPECT_EQ(memory.swap_used, std::nullopt);
  for (const char* fact :
       {"memory.total", "memory.available", "memory.swap_total", "memory.swap_used", "memory.huge_pages_free",
        "memory.huge_page_size", "memory.transparent_huge_pages", "memory.modules", "memory.module_slots"}) {
    EXPECT_NE(reason_of(unknown, fact), "") << fact;
  }
  EXPECT_EQ(reason_of(unknown, "memory.transparent_huge_pages"), "/sys is not there");
  EXPECT_EQ(reason_of(unknown, "memory.modules"), "/sys is not there");
}

TEST(MemoryFacts, KnowTheModulesThatTheFirmwareLists) {
  const FakeRoot root;
  std::string table(0x22, '\0');
  table[0] = 17;
  table[1] = 0x22;
  table[0x0D] = 0x40;  // 16384 MiB
  table[0x12] = 0x1A;
  table[0x20] = 0x60;  // 2400 MT/s
  table[0x21] = 0x09;
  root.has("/sys/firmware/dmi/tables/DMI", table + std::string("\0\0", 2));
  UnknownFacts unknown;
  const MemoryFacts memory = read_memory_facts(root.path(), unknown);
  ASSERT_EQ(memory.modules.size(), 1U);
  EXPECT_EQ(memory.modules[0].size, Bytes(16 * kGibi.value));
  EXPECT_EQ(memory.modules[0].megatransfers, 2400U);
  EXPECT_EQ(memory.module_slots, 1U);
  EXPECT_EQ(reason_of(unknown, "memory.modules"), "");
}

TEST(MemoryFacts, SurviveNonsense) {
  const FakeRoot root;
  root.has("/proc/meminfo", "MemTotal\nSwapTotal: 1 kB\nSwapFree: 2 kB\nHugePages_Free: -1\n");
  root.has("/sys/kernel/mm/transparent_hugepage/enabled", "]always[");
  root.has("/sys/firmware/dmi/tables/DMI", "nonsense");
  UnknownFacts unknown;
  const MemoryFacts memory = read_memory_facts(root.path(), unknown);
  EXPECT_EQ(memory.swap_used, Bytes(0));
  EXPECT_EQ(memory.huge_pages_free, std::nullopt);
  EXPECT_EQ(memory.transparent_huge_pages, std::nullopt);
  EXPECT_EQ(reason_of(unknown, "memory.modules"), "the firmware's SMBIOS table does not tell");
}

}  // namespace
}  // namespace tokcast
