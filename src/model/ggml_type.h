// Every tensor type of ggml: its id in a GGUF file, its name, and the geometry of its blocks.
//
// A row of n elements is stored as n / block_elements blocks of block_bytes; rows must divide evenly.
// Source: ggml.h (ids) and ggml-common.h (static asserts on block sizes), ggml-org/ggml@d99724f.
#ifndef TOKCAST_MODEL_GGML_TYPE_H_
#define TOKCAST_MODEL_GGML_TYPE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tokcast {

// The numeric value is the id stored in GGUF files. Gaps are types removed from ggml.
enum class GgmlType : std::uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ8_1 = 9,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kQ8_K = 15,
  kIQ2_XXS = 16,
  kIQ2_XS = 17,
  kIQ3_XXS = 18,
  kIQ1_S = 19,
  kIQ4_NL = 20,
  kIQ3_S = 21,
  kIQ2_S = 22,
  kIQ4_XS = 23,
  kI8 = 24,
  kI16 = 25,
  kI32 = 26,
  kI64 = 27,
  kF64 = 28,
  kIQ1_M = 29,
  kBF16 = 30,
  kTQ1_0 = 34,
  kTQ2_0 = 35,
  kMXFP4 = 39,
  kNVFP4 = 40,
  kQ1_0 = 41,
  kQ2_0 = 42,
};

struct TypeGeometry {
  GgmlType type;
  std::string_view name;         // ggml's own, upper case: "Q4_K", "IQ2_XXS", "F16"
  std::uint64_t block_elements;  // elements in a block, >= 1
  std::uint64_t block_bytes;     // bytes of a block
  bool quantized;                // false for F32, F16, BF16, F64 and integers
};

// All types, in id order.
std::span<const TypeGeometry> all_types();

// nullopt for an id or name that is not in the table: "cannot predict", never a guess. Case does not matter.
std::optional<TypeGeometry> find_type(std::uint32_t id);
std::optional<TypeGeometry> find_type(std::string_view name);

const TypeGeometry& geometry(GgmlType type);

// Bytes of a row of `row` elements of this type; nullopt if it is not whole blocks or the size overflows.
std::optional<std::uint64_t> row_bytes(GgmlType type, std::uint64_t row);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_GGML_TYPE_H_
