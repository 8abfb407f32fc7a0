#include "report/built_in.h"

#include <cstddef>

// C++23 has no #embed yet; the assembler's .incbin costs no time at build and none at start.
asm(".pushsection .rodata\n"
    ".global tokcast_report_page_begin\n"
    ".global tokcast_report_page_end\n"
    ".global tokcast_accuracy_begin\n"
    ".global tokcast_accuracy_end\n"
    "tokcast_report_page_begin:\n"
    ".incbin \"" TOKCAST_REPORT_PAGE
    "\"\n"
    "tokcast_report_page_end:\n"
    "tokcast_accuracy_begin:\n"
    ".incbin \"" TOKCAST_ACCURACY_JSON
    "\"\n"
    "tokcast_accuracy_end:\n"
    ".popsection\n");

extern "C" const char tokcast_report_page_begin[];  // NOLINT(modernize-avoid-c-arrays)
extern "C" const char tokcast_report_page_end[];    // NOLINT(modernize-avoid-c-arrays)
extern "C" const char tokcast_accuracy_begin[];     // NOLINT(modernize-avoid-c-arrays)
extern "C" const char tokcast_accuracy_end[];       // NOLINT(modernize-avoid-c-arrays)

namespace tokcast {

std::string_view page_template() {
  return {tokcast_report_page_begin,
          static_cast<std::size_t>(tokcast_report_page_end - tokcast_report_page_begin)};
}

std::string_view accuracy_json() {
  return {tokcast_accuracy_begin, static_cast<std::size_t>(tokcast_accuracy_end - tokcast_accuracy_begin)};
}

}  // namespace tokcast
