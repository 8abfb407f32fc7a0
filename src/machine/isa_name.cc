#include "machine/isa_name.h"

#include <algorithm>
#include <array>
#include <set>

namespace tokcast {
namespace {

struct IsaName {
  std::string_view name;
  std::string_view architecture;
  std::array<std::string_view, 3> includes{};  // directly; what those include comes with them
};

// Not what the instruction sets demand of each other but what processors that have the one also have.
constexpr auto kTable = std::to_array<IsaName>({
    {"sse4.2", "x86_64"},
    {"avx", "x86_64", {"sse4.2"}},
    {"avx2", "x86_64", {"avx", "fma", "f16c"}},
    {"fma", "x86_64", {"avx"}},
    {"f16c", "x86_64", {"avx"}},
    {"avx512f", "x86_64", {"avx2"}},
    {"avx512bw", "x86_64", {"avx512f"}},
    {"avx512vl", "x86_64", {"avx512f"}},
    {"avx512vnni", "x86_64", {"avx512bw", "avx512vl"}},
    {"avx512bf16", "x86_64", {"avx512vnni"}},
    {"avx512fp16", "x86_64", {"avx512bf16"}},
    {"avxvnni", "x86_64", {"avx2"}},
    {"amx-int8", "x86_64", {"avx512fp16", "avxvnni"}},
    {"amx-bf16", "x86_64", {"amx-int8"}},
    {"neon", "aarch64"},
    {"dotprod", "aarch64", {"neon"}},
    {"i8mm", "aarch64", {"dotprod"}},
    {"fp16", "aarch64", {"neon"}},
    {"bf16", "aarch64", {"dotprod"}},
    {"sve", "aarch64", {"fp16"}},
    {"sve2", "aarch64", {"sve"}},
    {"rvv", "riscv64"},
});

using Names = std::set<std::string_view>;

void add_with_included(std::string_view name, Names& all) {
  const auto* const found = std::ranges::find(kTable, name, &IsaName::name);
  if (found == kTable.end() || !all.insert(found->name).second) return;
  for (const std::string_view included : found->includes) add_with_included(included, all);
}

std::vector<std::string> in_order(const Names& names) {
  std::vector<std::string> ordered;
  for (const IsaName& row : kTable) {
    if (names.contains(row.name)) ordered.emplace_back(row.name);
  }
  return ordered;
}

}  // namespace

std::span<const std::string_view> isa_names() {
  static constexpr auto kNames = [] {
    std::array<std::string_view, kTable.size()> names;
    std::ranges::transform(kTable, names.begin(), &IsaName::name);
    return names;
  }();
  return kNames;
}

std::string_view isa_architecture(std::string_view name) {
  const auto* const found = std::ranges::find(kTable, name, &IsaName::name);
  return found == kTable.end() ? "unknown" : found->architecture;
}

std::vector<std::string> with_included_isa(std::span<const std::string> names) {
  Names all;
  for (const std::string& name : names) add_with_included(name, all);
  return in_order(all);
}

std::vector<std::string> without_included_isa(std::span<const std::string> names) {
  Names all;
  for (const std::string& name : names) add_with_included(name, all);
  const Names every = all;
  for (const std::string_view name : every) {
    Names brought;
    add_with_included(name, brought);
    brought.erase(name);
    for (const std::string_view included : brought) all.erase(included);
  }
  return in_order(all);
}

}  // namespace tokcast
