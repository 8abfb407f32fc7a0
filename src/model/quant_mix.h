// Which type llama.cpp's quantiser gives each tensor under a mix such as "Q4_K_M".
//
// A restatement of src/llama-quant.cpp (ggml-org/llama.cpp@007dbbf3fd17): default type, special rules by
// tensor category, fallback where a row is not whole blocks. docs/QUANTISATION.md describes the rules.
#ifndef TOKCAST_MODEL_QUANT_MIX_H_
#define TOKCAST_MODEL_QUANT_MIX_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/gguf.h"

namespace tokcast {

// What the rules ask of a model besides its tensors.
struct MixContext {
  std::string architecture;
  std::uint32_t layers = 0;        // block count of the file, next-token-prediction blocks included
  std::uint32_t heads = 0;         // of layer 0
  std::uint32_t kv_heads = 0;      // of layer 0; 0 if it has none
  std::uint32_t experts = 0;       // 0 for dense models
  bool importance_matrix = false;  // was the quantiser given one?
  bool legacy_fused_qkv = false;   // files made before 2026-03-10: other types for attn_qkv
};

// Every mix name known here, in order of size: "IQ1_S" ... "F32".
std::span<const std::string> all_mixes();

// The number that a file of this mix carries as general.file_type (LLAMA_FTYPE), and back; nullopt if
// unknown.
std::optional<std::uint32_t> mix_file_type(std::string_view mix);
std::optional<std::string> mix_of_file_type(std::uint64_t file_type);

// Sets the type of every tensor. The order of `tensors` does not matter. The case of `mix` does not
// matter. Errors: kUsage for an unknown mix, with the nearest as fix.
Result<void> apply_mix(std::vector<Tensor>& tensors, std::string_view mix, const MixContext& context);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_QUANT_MIX_H_
