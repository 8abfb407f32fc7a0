// Memory modules from the firmware's SMBIOS table, /sys/firmware/dmi/tables/DMI.
//
// The table is a row of structures: type (1 byte), length of the formatted part (1), handle (2), fields at
// fixed offsets; then strings, each ending in NUL, and one more NUL. A slot for memory is a structure of type
// 17. Source: DMTF DSP0134 3.7, sections 6.1 and 7.18. Strings (serial and part numbers among them) are not
// read.
#ifndef TOKCAST_MACHINE_DMI_H_
#define TOKCAST_MACHINE_DMI_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "machine/facts.h"

namespace tokcast {

struct MemorySlots {
  std::vector<MemoryModule> modules{};  // the populated ones whose size is known
  std::uint32_t slots = 0;              // populated or not
};

// Any bytes at all: reads as far as the table makes sense.
MemorySlots parse_memory_slots(std::string_view table);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_DMI_H_
