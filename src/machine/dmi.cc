#include "machine/dmi.h"

#include <algorithm>
#include <array>

namespace tokcast {
namespace {

constexpr std::uint8_t kMemoryDevice = 17;
constexpr std::uint8_t kEndOfTable = 127;
constexpr std::size_t kHeaderSize = 4;
constexpr std::uint32_t kMostSlots = 4096;

struct TypeName {
  std::uint8_t code;
  std::string_view name;
};

// DSP0134, section 7.18.2. "Other", "Unknown" and "RAM", which hypervisors give, say nothing.
constexpr auto kTypes = std::to_array<TypeName>({{0x12, "DDR"},
                                                 {0x13, "DDR2"},
                                                 {0x14, "DDR2 FB-DIMM"},
                                                 {0x18, "DDR3"},
                                                 {0x1A, "DDR4"},
                                                 {0x1B, "LPDDR"},
                                                 {0x1C, "LPDDR2"},
                                                 {0x1D, "LPDDR3"},
                                                 {0x1E, "LPDDR4"},
                                                 {0x20, "HBM"},
                                                 {0x21, "HBM2"},
                                                 {0x22, "DDR5"},
                                                 {0x23, "LPDDR5"},
                                                 {0x24, "HBM3"}});

// A little-endian number of `size` bytes in the formatted part; 0, which everywhere means unknown, if the
// structure is too short: older firmware knows fewer fields.
std::uint32_t field(std::string_view structure, std::size_t offset, std::size_t size) {
  if (structure.size() < offset + size) return 0;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number |= static_cast<std::uint32_t>(static_cast<unsigned char>(structure[offset + i])) << (8 * i);
  }
  return number;
}

// nullopt for an empty slot and for an unknown size.
std::optional<Bytes> module_size(std::string_view structure) {
  const std::uint64_t size = field(structure, 0x0C, 2);
  if (size == 0 || size == 0xFFFF) return std::nullopt;
  if (size == 0x7FFF) return Bytes((field(structure, 0x1C, 4) & 0x7FFF'FFFFU) * kMebi.value);
  const bool in_kibibytes = (size & 0x8000U) != 0;
  return Bytes((size & 0x7FFFU) * (in_kibibytes ? kKibi.value : kMebi.value));
}

std::optional<std::string> module_type(std::string_view structure) {
  const std::uint32_t code = field(structure, 0x12, 1);
  const auto found = std::ranges::find(kTypes, code, &TypeName::code);
  return found == kTypes.end() ? std::nullopt : std::optional<std::string>(found->name);
}

// A rate of 16 bits, or the one of 32 bits that it refers to when it is all ones.
std::optional<std::uint32_t> rate(std::string_view structure, std::size_t offset, std::size_t long_offset) {
  const std::uint32_t rate = field(structure, offset, 2);
  const std::uint32_t full = rate == 0xFFFF ? field(structure, long_offset, 4) & 0x7FFF'FFFFU : rate;
  return full == 0 ? std::nullopt : std::optional(full);
}

void add_slot(std::string_view structure, MemorySlots& found) {
  ++found.slots;
  const auto size = module_size(structure);
  if (!size || size->value == 0) return;
  const auto configured = rate(structure, 0x20, 0x58);
  const auto rated = rate(structure, 0x15, 0x54);
  found.modules.push_back({*size, module_type(structure), configured ? configured : rated});
}

}  // namespace

MemorySlots parse_memory_slots(std::string_view table) {
  MemorySlots found;
  while (table.size() >= kHeaderSize && found.slots < kMostSlots) {
    const auto type = static_cast<std::uint8_t>(table[0]);
    const auto length = static_cast<std::uint8_t>(table[1]);
    if (type == kEndOfTable || length < kHeaderSize || length > table.size()) break;
    if (type == kMemoryDevice) add_slot(table.substr(0, length), found);
    const auto end = table.find(std::string_view("\0\0", 2), length);
    if (end == std::string_view::npos) break;
    table.remove_prefix(end + 2);
  }
  return found;
}

}  // namespace tokcast
