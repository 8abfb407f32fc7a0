#include "model/catalogue_data.h"

#include <cstddef>

// C++23 has no #embed yet; the assembler's .incbin costs no time at build and none at start.
asm(".pushsection .rodata\n"
    ".global tokcast_catalogue_begin\n"
    ".global tokcast_catalogue_end\n"
    "tokcast_catalogue_begin:\n"
    ".incbin \"" TOKCAST_CATALOGUE_JSON
    "\"\n"
    "tokcast_catalogue_end:\n"
    ".popsection\n");

extern "C" const char tokcast_catalogue_begin[];  // NOLINT(modernize-avoid-c-arrays)
extern "C" const char tokcast_catalogue_end[];    // NOLINT(modernize-avoid-c-arrays)

namespace tokcast {

std::string_view catalogue_json() {
  return {tokcast_catalogue_begin, static_cast<std::size_t>(tokcast_catalogue_end - tokcast_catalogue_begin)};
}

}  // namespace tokcast
