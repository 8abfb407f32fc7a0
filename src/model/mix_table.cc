#include "model/mix_table.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace tokcast {
namespace {

using enum GgmlType;

constexpr std::array kRules = {
    MixRule{Mix::kIQ1_S, "IQ1_S", 24, kIQ1_S, kQ5_K, kQ2_K},
    MixRule{Mix::kIQ1_M, "IQ1_M", 31, kIQ1_M, kQ5_K, kQ2_K},
    MixRule{Mix::kTQ1_0, "TQ1_0", 36, kTQ1_0, kQ6_K, kQ4_K},
    MixRule{Mix::kIQ2_XXS, "IQ2_XXS", 19, kIQ2_XXS, kQ5_K, kQ2_K},
    MixRule{Mix::kTQ2_0, "TQ2_0", 37, kTQ2_0, kQ6_K, kQ4_K},
    MixRule{Mix::kIQ2_XS, "IQ2_XS", 20, kIQ2_XS, kQ5_K, kQ2_K},
    MixRule{Mix::kIQ2_S, "IQ2_S", 28, kIQ2_XS, kQ5_K, kIQ3_S},
    MixRule{Mix::kIQ2_M, "IQ2_M", 29, kIQ2_S, kQ5_K, kIQ3_S},
    MixRule{Mix::kQ2_K_S, "Q2_K_S", 21, kQ2_K, kQ6_K, kQ2_K},
    MixRule{Mix::kQ2_K, "Q2_K", 10, kQ2_K, kQ6_K, kQ2_K},
    MixRule{Mix::kIQ3_XXS, "IQ3_XXS", 23, kIQ3_XXS, kQ5_K, kIQ3_S},
    MixRule{Mix::kIQ3_XS, "IQ3_XS", 22, kIQ3_S, kQ6_K, kIQ3_S},
    MixRule{Mix::kQ3_K_S, "Q3_K_S", 11, kQ3_K, kQ6_K, kQ3_K},
    MixRule{Mix::kIQ3_S, "IQ3_S", 26, kIQ3_S, kQ6_K, kIQ3_S},
    MixRule{Mix::kIQ3_M, "IQ3_M", 27, kIQ3_S, kQ6_K, kIQ3_S},
    MixRule{Mix::kQ3_K_M, "Q3_K_M", 12, kQ3_K, kQ6_K, kQ3_K},
    MixRule{Mix::kQ3_K_L, "Q3_K_L", 13, kQ3_K, kQ6_K, kQ3_K},
    MixRule{Mix::kIQ4_XS, "IQ4_XS", 30, kIQ4_XS, kQ6_K, kIQ4_XS},
    MixRule{Mix::kMXFP4_MOE, "MXFP4_MOE", 38, kMXFP4, kQ8_0, kQ8_0},
    MixRule{Mix::kQ4_0, "Q4_0", 2, kQ4_0, kQ6_K, kQ4_0},
    MixRule{Mix::kIQ4_NL, "IQ4_NL", 25, kIQ4_NL, kQ6_K, kIQ4_NL},
    MixRule{Mix::kQ4_K_S, "Q4_K_S", 14, kQ4_K, kQ6_K, kQ4_K},
    MixRule{Mix::kQ4_K_M, "Q4_K_M", 15, kQ4_K, kQ6_K, kQ4_K},
    MixRule{Mix::kQ4_1, "Q4_1", 3, kQ4_1, kQ6_K, kQ4_1},
    MixRule{Mix::kQ5_0, "Q5_0", 8, kQ5_0, kQ6_K, kQ5_0},
    MixRule{Mix::kQ5_K_S, "Q5_K_S", 16, kQ5_K, kQ6_K, kQ5_K},
    MixRule{Mix::kQ5_K_M, "Q5_K_M", 17, kQ5_K, kQ6_K, kQ5_K},
    MixRule{Mix::kQ5_1, "Q5_1", 9, kQ5_1, kQ6_K, kQ5_1},
    MixRule{Mix::kQ6_K, "Q6_K", 18, kQ6_K, kQ6_K, kQ6_K},
    MixRule{Mix::kQ8_0, "Q8_0", 7, kQ8_0, kQ8_0, kQ8_0},
    MixRule{Mix::kF16, "F16", 1, kF16, kF16, kF16},
    MixRule{Mix::kBF16, "BF16", 32, kBF16, kBF16, kBF16},
    MixRule{Mix::kF32, "F32", 0, kF32, kF32, kF32},
};

}  // namespace

std::span<const MixRule> mix_rules() {
  return kRules;
}

const MixRule* find_mix_rule(std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kRules, [name](const MixRule& rule) { return equals_ignoring_case(rule.name, name); });
  return found == kRules.end() ? nullptr : found;
}

}  // namespace tokcast
