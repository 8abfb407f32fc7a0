#include "forecast/efficiency_data.h"

#include <cstddef>

// The assembler's .incbin, as in model/catalogue_data.cc.
asm(".pushsection .rodata\n"
    ".global tokcast_efficiency_begin\n"
    ".global tokcast_efficiency_end\n"
    "tokcast_efficiency_begin:\n"
    ".incbin \"" TOKCAST_EFFICIENCY_JSON
    "\"\n"
    "tokcast_efficiency_end:\n"
    ".popsection\n");

extern "C" const char tokcast_efficiency_begin[];  // NOLINT(modernize-avoid-c-arrays)
extern "C" const char tokcast_efficiency_end[];    // NOLINT(modernize-avoid-c-arrays)

namespace tokcast {

std::string_view efficiency_json() {
  return {tokcast_efficiency_begin,
          static_cast<std::size_t>(tokcast_efficiency_end - tokcast_efficiency_begin)};
}

}  // namespace tokcast
