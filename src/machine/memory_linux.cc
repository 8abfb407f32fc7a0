#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "machine/dmi.h"
#include "machine/facts_parts.h"
#include "machine/kernel_text.h"

namespace tokcast {
namespace {

// "always [madvise] never": the word in brackets.
std::optional<std::string> chosen_word(std::string_view text) {
  const auto begin = text.find('[');
  const auto end = text.find(']', begin == std::string_view::npos ? 0 : begin);
  if (begin == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
  return printable(text.substr(begin + 1, end - begin - 1));
}

void read_meminfo(const std::string& root, MemoryFacts& facts) {
  const std::string meminfo = read_line(root + "/proc/meminfo").value_or("");
  facts.total = find_kibibytes(meminfo, "MemTotal");
  facts.available = find_kibibytes(meminfo, "MemAvailable");
  facts.swap_total = find_kibibytes(meminfo, "SwapTotal");
  const auto swap_free = find_kibibytes(meminfo, "SwapFree");
  if (facts.swap_total && swap_free)
    facts.swap_used = *facts.swap_total - std::min(*swap_free, *facts.swap_total);
  facts.huge_pages_free = parse_uint(find_field(meminfo, "HugePages_Free").value_or(""));
  facts.huge_page_size = find_kibibytes(meminfo, "Hugepagesize");
}

void note_unknown_amounts(const MemoryFacts& facts, UnknownFacts& unknown) {
  const std::string reason = "/proc/meminfo does not tell";
  note_unless(facts.total.has_value(), unknown, "memory.total", reason);
  note_unless(facts.available.has_value(), unknown, "memory.available", reason);
  note_unless(facts.swap_total.has_value(), unknown, "memory.swap_total", reason);
  note_unless(facts.swap_used.has_value(), unknown, "memory.swap_used", reason);
  note_unless(facts.huge_pages_free.has_value(), unknown, "memory.huge_pages_free", reason);
  note_unless(facts.huge_page_size.has_value(), unknown, "memory.huge_page_size", reason);
}

// nullopt, and why not, if the firmware's table cannot be read or knows no slots.
std::optional<MemorySlots> read_slots(const std::string& root, std::string& reason) {
  const Result<std::string> table = read_file(root + "/sys/firmware/dmi/tables/DMI", Bytes(4 * kMebi.value));
  if (!table) {
    reason = table.error().kind == ErrorKind::kNotFound
                 ? reason_in_sys(root, "the kernel shows no SMBIOS table")
                 : "only root may read the firmware's SMBIOS table";
    return std::nullopt;
  }
  MemorySlots slots = parse_memory_slots(*table);
  reason = "the firmware's SMBIOS table does not tell";
  return slots.slots == 0 ? std::nullopt : std::optional(std::move(slots));
}

}  // namespace

MemoryFacts read_memory_facts(const std::string& root, UnknownFacts& unknown) {
  MemoryFacts facts;
  read_meminfo(root, facts);
  note_unknown_amounts(facts, unknown);
  facts.transparent_huge_pages =
      chosen_word(read_line(root + "/sys/kernel/mm/transparent_hugepage/enabled").value_or(""));
  note_unless(facts.transparent_huge_pages.has_value(), unknown, "memory.transparent_huge_pages",
              reason_in_sys(root, "this kernel has none"));
  std::string reason;
  if (auto slots = read_slots(root, reason)) {
    facts.modules = std::move(slots->modules);
    facts.module_slots = slots->slots;
  }
  note_unless(!facts.modules.empty(), unknown, "memory.modules", reason);
  note_unless(facts.module_slots.has_value(), unknown, "memory.module_slots", reason);
  return facts;
}

}  // namespace tokcast
