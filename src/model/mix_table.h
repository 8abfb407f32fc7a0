// The mixes that llama.cpp's quantiser knows.
#ifndef TOKCAST_MODEL_MIX_TABLE_H_
#define TOKCAST_MODEL_MIX_TABLE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "model/ggml_type.h"

namespace tokcast {

enum class Mix {
  kIQ1_S,
  kIQ1_M,
  kTQ1_0,
  kIQ2_XXS,
  kTQ2_0,
  kIQ2_XS,
  kIQ2_S,
  kIQ2_M,
  kQ2_K_S,
  kQ2_K,
  kIQ3_XXS,
  kIQ3_XS,
  kQ3_K_S,
  kIQ3_S,
  kIQ3_M,
  kQ3_K_M,
  kQ3_K_L,
  kIQ4_XS,
  kMXFP4_MOE,
  kQ4_0,
  kIQ4_NL,
  kQ4_K_S,
  kQ4_K_M,
  kQ4_1,
  kQ5_0,
  kQ5_K_S,
  kQ5_K_M,
  kQ5_1,
  kQ6_K,
  kQ8_0,
  kF16,
  kBF16,
  kF32,
};

struct MixRule {
  Mix mix;
  std::string_view name;
  std::uint32_t file_type;  // LLAMA_FTYPE of include/llama.h
  GgmlType base;            // of all tensors without a rule of their own
  GgmlType output;          // of the output matrix, also where the embedding serves as one
  GgmlType embedding;       // of the embedding, where there is an output matrix
};

// All of them, in order of size.
std::span<const MixRule> mix_rules();

// nullptr for a name that is not in the table. The case does not matter.
const MixRule* find_mix_rule(std::string_view name);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_MIX_TABLE_H_
