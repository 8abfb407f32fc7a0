#include "machine/cpuinfo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <set>

#include "base/text.h"
#include "machine/isa.h"
#include "machine/kernel_text.h"
#include "machine/microarchitecture.h"
#include "machine/pci.h"

namespace tokcast {
namespace {

std::uint32_t number(std::string_view cpuinfo, std::string_view key) {
  const auto value = parse_uint(find_field(cpuinfo, key).value_or(""));
  return value && *value <= UINT32_MAX ? static_cast<std::uint32_t>(*value)
                                       : UINT32_MAX;  // no model has that
}

std::optional<std::uint32_t> parse_prefixed_hex(std::string_view text) {
  return text.starts_with("0x") ? parse_hex(text.substr(2)) : std::nullopt;
}

// The kinds of cores, in the order of their first processor.
std::vector<ArmPart> arm_parts(std::string_view cpuinfo) {
  const std::vector<std::string> implementers = find_fields(cpuinfo, "CPU implementer");
  const std::vector<std::string> numbers = find_fields(cpuinfo, "CPU part");
  std::vector<ArmPart> parts;
  for (std::size_t i = 0; i < std::min(implementers.size(), numbers.size()); ++i) {
    const auto implementer = parse_prefixed_hex(implementers[i]);
    const auto part = parse_prefixed_hex(numbers[i]);
    if (!implementer || !part) continue;
    const ArmPart found{*implementer, *part};
    if (std::ranges::find(parts, found) == parts.end()) parts.push_back(found);
  }
  return parts;
}

// The distinct names of all parts; empty if one of them has none.
template <typename Namer>
std::vector<std::string> names_of(const std::vector<ArmPart>& parts, Namer name_of) {
  std::vector<std::string> names;
  for (const ArmPart& part : parts) {
    const std::optional<std::string> name = name_of(part);
    if (!name) return {};
    if (std::ranges::find(names, *name) == names.end()) names.push_back(*name);
  }
  return names;
}

std::optional<std::string> arm_cores(const std::vector<ArmPart>& parts) {
  const std::vector<std::string> names = names_of(parts, arm_microarchitecture);
  return names.empty() ? std::nullopt : std::optional(fmt::format("{}", fmt::join(names, " + ")));
}

std::optional<std::string> arm_name(const std::vector<ArmPart>& parts) {
  const std::vector<std::string> products = names_of(parts, arm_product);
  return products.size() == 1 ? std::optional(products.front()) : arm_cores(parts);
}

// Hypervisors may number a processor as an older one: what it can do tells. Of the designs that have names
// here, these have tiles of matrices.
bool contradicts(std::string_view design, const std::vector<std::string>& isa) {
  static const std::set<std::string_view> with_tiles{"Sapphire Rapids", "Emerald Rapids", "Granite Rapids"};
  return std::ranges::find(isa, "amx-int8") != isa.end() && !with_tiles.contains(design);
}

void identify_x86(std::string_view cpuinfo, CpuFacts& facts) {
  const std::string flags = find_field(cpuinfo, "flags").value_or("");
  const std::string vendor = find_field(cpuinfo, "vendor_id").value_or("");
  const std::vector<std::string_view> words = words_of(flags);
  facts.architecture = std::ranges::find(words, "lm") == words.end() ? "i686" : "x86_64";  // "long mode"
  if (!vendor.empty()) facts.vendor = printable(x86_vendor(vendor));
  // QEMU's own models carry the numbers of old processors.
  if (!facts.name.starts_with("QEMU")) {
    facts.microarchitecture = x86_microarchitecture(
        {vendor, number(cpuinfo, "cpu family"), number(cpuinfo, "model"), number(cpuinfo, "stepping")});
  }
  facts.isa = x86_isa(flags);
  if (facts.microarchitecture && contradicts(*facts.microarchitecture, facts.isa))
    facts.microarchitecture.reset();
  facts.ggml_variant = best_ggml_variant(flags);
}

void identify_arm(std::string_view cpuinfo, CpuFacts& facts) {
  const std::string features = find_field(cpuinfo, "Features").value_or("");
  const std::vector<std::string_view> words = words_of(features);
  const std::vector<ArmPart> parts = arm_parts(cpuinfo);
  facts.architecture = std::ranges::find(words, "asimd") == words.end() ? "arm" : "aarch64";
  if (!parts.empty()) facts.vendor = arm_vendor(parts.front().implementer);
  facts.microarchitecture = arm_cores(parts);
  facts.isa = arm_isa(features);
}

void identify_riscv(std::string_view cpuinfo, std::string_view isa, CpuFacts& facts) {
  facts.architecture = isa.starts_with("rv64") ? "riscv64" : "riscv32";
  facts.isa = riscv_isa(isa);
  if (const auto design = find_field(cpuinfo, "uarch")) facts.microarchitecture = printable(*design);
}

}  // namespace

std::string processor_name(std::string_view cpuinfo) {
  // First, because 32-bit kernels also give a "model name", of the architecture only: "ARMv7 Processor rev
  // 3".
  if (const auto name = arm_name(arm_parts(cpuinfo))) return *name;
  for (const char* key : {"model name", "Model", "cpu model", "Hardware", "cpu", "uarch"}) {
    const auto name = find_field(cpuinfo, key);
    if (name && !name->empty()) return printable(*name);
  }
  return "unknown processor";
}

CpuFacts identify_processor(std::string_view cpuinfo) {
  CpuFacts facts{.name = processor_name(cpuinfo), .architecture = "unknown"};
  if (find_field(cpuinfo, "vendor_id") && find_field(cpuinfo, "flags")) {
    identify_x86(cpuinfo, facts);
  } else if (find_field(cpuinfo, "CPU implementer")) {
    identify_arm(cpuinfo, facts);
  } else if (const auto isa = find_field(cpuinfo, "isa"); isa && isa->starts_with("rv")) {
    identify_riscv(cpuinfo, *isa, facts);
  }
  return facts;
}

}  // namespace tokcast
