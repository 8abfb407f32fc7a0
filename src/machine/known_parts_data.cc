#include "machine/known_parts_data.h"

#include <cstddef>

// The assembler's .incbin, as in model/catalogue_data.cc.
asm(".pushsection .rodata\n"
    ".global tokcast_known_parts_begin\n"
    ".global tokcast_known_parts_end\n"
    "tokcast_known_parts_begin:\n"
    ".incbin \"" TOKCAST_MACHINES_JSON
    "\"\n"
    "tokcast_known_parts_end:\n"
    ".popsection\n");

extern "C" const char tokcast_known_parts_begin[];  // NOLINT(modernize-avoid-c-arrays)
extern "C" const char tokcast_known_parts_end[];    // NOLINT(modernize-avoid-c-arrays)

namespace tokcast {

std::string_view known_parts_json() {
  return {tokcast_known_parts_begin,
          static_cast<std::size_t>(tokcast_known_parts_end - tokcast_known_parts_begin)};
}

}  // namespace tokcast
