#include "machine/isa.h"

#include <algorithm>
#include <array>
#include <span>

#include "machine/kernel_text.h"

namespace tokcast {
namespace {

struct Name {
  std::string_view kernel;
  std::string_view canonical;
};

// Linux, arch/x86/include/asm/cpufeatures.h.
constexpr auto kX86Names = std::to_array<Name>({
    {"sse4_2", "sse4.2"},
    {"avx", "avx"},
    {"avx2", "avx2"},
    {"fma", "fma"},
    {"f16c", "f16c"},
    {"avx512f", "avx512f"},
    {"avx512bw", "avx512bw"},
    {"avx512vl", "avx512vl"},
    {"avx512_vnni", "avx512vnni"},
    {"avx512_bf16", "avx512bf16"},
    {"avx512_fp16", "avx512fp16"},
    {"avx_vnni", "avxvnni"},
    {"amx_int8", "amx-int8"},
    {"amx_bf16", "amx-bf16"},
});

// Linux, Documentation/arch/arm64/elf_hwcaps.rst; "neon" is the 32-bit name of asimd.
constexpr auto kArmNames = std::to_array<Name>({
    {"asimd", "neon"},
    {"neon", "neon"},
    {"asimddp", "dotprod"},
    {"i8mm", "i8mm"},
    {"asimdhp", "fp16"},
    {"bf16", "bf16"},
    {"sve", "sve"},
    {"sve2", "sve2"},
});

bool contains(const std::vector<std::string_view>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::vector<std::string> canonical_names(std::string_view text, std::span<const Name> names) {
  const std::vector<std::string_view> words = words_of(text);
  std::vector<std::string> isa;
  for (const Name& name : names) {
    if (contains(words, name.kernel)) isa.emplace_back(name.canonical);
  }
  return isa;
}

// What a variant needs, as kernel flags. "avx512" of ggml is five of them.
struct Variant {
  std::string_view name;
  std::string_view needs;
};

// ggml/src/CMakeLists.txt, ggml_add_cpu_backend_variant(), of llama.cpp b10941; in ascending order of the
// score that ggml-cpu/arch/x86/cpu-feats.cpp gives them, by which ggml picks one.
constexpr auto kVariants = std::to_array<Variant>({
    {"x64", ""},
    {"sse42", "sse4_2"},
    {"sandybridge", "sse4_2 avx"},
    {"ivybridge", "sse4_2 avx f16c"},
    {"piledriver", "sse4_2 avx f16c fma"},
    {"haswell", "sse4_2 avx f16c fma avx2 bmi2"},
    {"alderlake", "sse4_2 avx f16c fma avx2 bmi2 avx_vnni"},
    {"skylakex", "sse4_2 avx f16c fma avx2 bmi2 avx512f avx512cd avx512vl avx512dq avx512bw"},
    {"cannonlake", "sse4_2 avx f16c fma avx2 bmi2 avx512f avx512cd avx512vl avx512dq avx512bw avx512vbmi"},
    {"cascadelake", "sse4_2 avx f16c fma avx2 bmi2 avx512f avx512cd avx512vl avx512dq avx512bw avx512_vnni"},
    {"icelake",
     "sse4_2 avx f16c fma avx2 bmi2 avx512f avx512cd avx512vl avx512dq avx512bw avx512vbmi avx512_vnni"},
    {"cooperlake",
     "sse4_2 avx f16c fma avx2 bmi2 avx512f avx512cd avx512vl avx512dq avx512bw avx512_vnni avx512_bf16"},
    {"zen4",
     "sse4_2 avx f16c fma avx2 bmi2 avx512f avx512cd avx512vl avx512dq avx512bw avx512vbmi avx512_vnni "
     "avx512_bf16"},
    {"sapphirerapids",
     "sse4_2 avx f16c fma avx2 bmi2 avx512f avx512cd avx512vl avx512dq avx512bw avx512vbmi avx512_vnni "
     "avx512_bf16 amx_tile amx_int8"},
});

}  // namespace

std::vector<std::string> x86_isa(std::string_view flags) {
  return canonical_names(flags, kX86Names);
}

std::vector<std::string> arm_isa(std::string_view features) {
  std::vector<std::string> isa = canonical_names(features, kArmNames);
  isa.erase(std::ranges::unique(isa).begin(), isa.end());
  return isa;
}

std::vector<std::string> riscv_isa(std::string_view isa) {
  if (!isa.starts_with("rv")) return {};
  // Behind the width, one letter for each extension up to the first '_'.
  std::string_view letters = isa.substr(0, isa.find('_')).substr(2);
  letters.remove_prefix(std::min(letters.find_first_not_of("0123456789"), letters.size()));
  return letters.contains('v') ? std::vector<std::string>{"rvv"} : std::vector<std::string>{};
}

std::optional<std::string> best_ggml_variant(std::string_view flags) {
  const std::vector<std::string_view> words = words_of(flags);
  if (words.empty()) return std::nullopt;
  const auto runs = [&words](const Variant& variant) {
    return std::ranges::all_of(words_of(variant.needs),
                               [&words](std::string_view flag) { return contains(words, flag); });
  };
  const auto best = std::ranges::find_if(kVariants.rbegin(), kVariants.rend(), runs);
  return std::string(best->name);  // x64 needs nothing
}

}  // namespace tokcast
