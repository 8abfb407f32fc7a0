#include "machine/dmi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tokcast {
namespace {

constexpr std::size_t kLength = 0x5C;  // of SMBIOS 3.3

void put(std::string& structure, std::size_t offset, std::size_t size, std::uint32_t number) {
  for (std::size_t i = 0; i < size; ++i) structure[offset + i] = static_cast<char>(number >> (8 * i));
}

struct Slot {
  std::uint32_t size = 0;  // as the 16-bit field has it
  std::uint32_t type = 0x1A;
  std::uint32_t rated = 2666;
  std::uint32_t configured = 2400;
  std::uint32_t extended_size = 0;        // in MiB
  std::uint32_t extended_configured = 0;  // MT/s
  std::size_t length = kLength;
};

std::string memory_device(const Slot& slot) {
  std::string structure(kLength, '\0');
  put(structure, 0x00, 1, 17);
  put(structure, 0x01, 1, static_cast<std::uint32_t>(slot.length));
  put(structure, 0x0C, 2, slot.size);
  put(structure, 0x12, 1, slot.type);
  put(structure, 0x15, 2, slot.rated);
  put(structure, 0x1C, 4, slot.extended_size);
  put(structure, 0x20, 2, slot.configured);
  put(structure, 0x58, 4, slot.extended_configured);
  structure.resize(slot.length);
  return structure + std::string("DIMM_A1\0Maker\0SERIAL\0\0", 22);
}

std::string other_structure(char type) {
  return std::string({type, 4, 1, 0}) + std::string("\0\0", 2);  // no strings: two NULs all the same
}

TEST(Dmi, ListsPopulatedSlotsAndCountsAll) {
  const std::string table =
      other_structure(16) + memory_device({.size = 16384}) + memory_device({.size = 0}) +
      memory_device({.size = 8192, .type = 0x22, .configured = 4800}) + other_structure(127);
  const MemorySlots found = parse_memory_slots(table);
  EXPECT_EQ(found.slots, 3U);
  ASSERT_EQ(found.modules.size(), 2U);
  EXPECT_EQ(found.modules[0].size, Bytes(16 * kGibi.value));
  EXPECT_EQ(found.modules[0].type, "DDR4");
  EXPECT_EQ(found.modules[0].megatransfers, 2400U);
  EXPECT_EQ(found.modules[1].type, "DDR5");
  EXPECT_EQ(found.modules[1].megatransfers, 4800U);
}

TEST(Dmi, ReadsExtendedSizesAndRates) {
  const MemorySlots found = parse_memory_slots(memory_device(
      {.size = 0x7FFF, .configured = 0xFFFF, .extended_size = 65536, .extended_configured = 70000}));
  ASSERT_EQ(found.modules.size(), 1U);
  EXPECT_EQ(found.modules[0].size, Bytes(64 * kGibi.value));
  EXPECT_EQ(found.modules[0].megatransfers, 70000U);
}

TEST(Dmi, ReadsSizesInKibibytes) {
  const MemorySlots found = parse_memory_slots(memory_device({.size = 0x8000U | 512U}));
  ASSERT_EQ(found.modules.size(), 1U);
  EXPECT_EQ(found.modules[0].size, Bytes(512 * kKibi.value));
}

TEST(Dmi, TakesTheRatedSpeedWhereOlderFirmwareKnowsNoConfiguredOne) {
  const MemorySlots found = parse_memory_slots(memory_device({.size = 4096, .length = 0x1B}));
  ASSERT_EQ(found.modules.size(), 1U);
  EXPECT_EQ(found.modules[0].megatransfers, 2666U);
}

TEST(Dmi, LeavesUnknownWhatAHypervisorDoesNotTell) {
  const MemorySlots found =
      parse_memory_slots(memory_device({.size = 4096, .type = 0x07, .rated = 0, .configured = 0}));
  ASSERT_EQ(found.modules.size(), 1U);
  EXPECT_EQ(found.modules[0].type, std::nullopt);
  EXPECT_EQ(found.modules[0].megatransfers, std::nullopt);
}

TEST(Dmi, DoesNotListAModuleOfUnknownSize) {
  const MemorySlots found = parse_memory_slots(memory_device({.size = 0xFFFF}));
  EXPECT_EQ(found.slots, 1U);
  EXPECT_TRUE(found.modules.empty());
}

TEST(Dmi, StopsAtTheEndOfTheTable) {
  EXPECT_EQ(parse_memory_slots(other_structure(127) + memory_device({.size = 4096})).slots, 0U);
}

TEST(Dmi, SurvivesEveryTruncation) {
  const std::string table = memory_device({.size = 4096}) + memory_device({.size = 8192});
  for (std::size_t length = 0; length < table.size(); ++length) {
    EXPECT_LE(parse_memory_slots(std::string_view(table).substr(0, length)).modules.size(), 2U);
  }
}

TEST(Dmi, SurvivesMutations) {
  std::mt19937 random(5);
  const std::string table =
      memory_device({.size = 4096}) + memory_device({.size = 8192}) + other_structure(127);
  for (int round = 0; round < 2000; ++round) {
    std::string mutated = table;
    for (int i = 0; i < 4; ++i) mutated[random() % mutated.size()] = static_cast<char>(random());
    EXPECT_LE(parse_memory_slots(mutated).modules.size(), mutated.size() / 4);
  }
}

}  // namespace
}  // namespace tokcast
