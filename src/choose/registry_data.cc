#include "choose/registry_data.h"

#include <cstddef>

// C++23 has no #embed yet; the assembler's .incbin costs no time at build and none at start.
asm(".pushsection .rodata\n"
    ".global tokcast_registry_begin\n"
    ".global tokcast_registry_end\n"
    "tokcast_registry_begin:\n"
    ".incbin \"" TOKCAST_REGISTRY_JSON
    "\"\n"
    "tokcast_registry_end:\n"
    ".popsection\n");

extern "C" const char tokcast_registry_begin[];  // NOLINT(modernize-avoid-c-arrays)
extern "C" const char tokcast_registry_end[];    // NOLINT(modernize-avoid-c-arrays)

namespace tokcast {

std::string_view registry_json() {
  return {tokcast_registry_begin, static_cast<std::size_t>(tokcast_registry_end - tokcast_registry_begin)};
}

}  // namespace tokcast
