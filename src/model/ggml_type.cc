#include "model/ggml_type.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::array kTypes = {
    TypeGeometry{GgmlType::kF32, "F32", 1, 4, false},
    TypeGeometry{GgmlType::kF16, "F16", 1, 2, false},
    TypeGeometry{GgmlType::kQ4_0, "Q4_0", 32, 18, true},
    TypeGeometry{GgmlType::kQ4_1, "Q4_1", 32, 20, true},
    TypeGeometry{GgmlType::kQ5_0, "Q5_0", 32, 22, true},
    TypeGeometry{GgmlType::kQ5_1, "Q5_1", 32, 24, true},
    TypeGeometry{GgmlType::kQ8_0, "Q8_0", 32, 34, true},
    TypeGeometry{GgmlType::kQ8_1, "Q8_1", 32, 36, true},
    TypeGeometry{GgmlType::kQ2_K, "Q2_K", 256, 84, true},
    TypeGeometry{GgmlType::kQ3_K, "Q3_K", 256, 110, true},
    TypeGeometry{GgmlType::kQ4_K, "Q4_K", 256, 144, true},
    TypeGeometry{GgmlType::kQ5_K, "Q5_K", 256, 176, true},
    TypeGeometry{GgmlType::kQ6_K, "Q6_K", 256, 210, true},
    TypeGeometry{GgmlType::kQ8_K, "Q8_K", 256, 292, true},
    TypeGeometry{GgmlType::kIQ2_XXS, "IQ2_XXS", 256, 66, true},
    TypeGeometry{GgmlType::kIQ2_XS, "IQ2_XS", 256, 74, true},
    TypeGeometry{GgmlType::kIQ3_XXS, "IQ3_XXS", 256, 98, true},
    TypeGeometry{GgmlType::kIQ1_S, "IQ1_S", 256, 50, true},
    TypeGeometry{GgmlType::kIQ4_NL, "IQ4_NL", 32, 18, true},
    TypeGeometry{GgmlType::kIQ3_S, "IQ3_S", 256, 110, true},
    TypeGeometry{GgmlType::kIQ2_S, "IQ2_S", 256, 82, true},
    TypeGeometry{GgmlType::kIQ4_XS, "IQ4_XS", 256, 136, true},
    TypeGeometry{GgmlType::kI8, "I8", 1, 1, false},
    TypeGeometry{GgmlType::kI16, "I16", 1, 2, false},
    TypeGeometry{GgmlType::kI32, "I32", 1, 4, false},
    TypeGeometry{GgmlType::kI64, "I64", 1, 8, false},
    TypeGeometry{GgmlType::kF64, "F64", 1, 8, false},
    TypeGeometry{GgmlType::kIQ1_M, "IQ1_M", 256, 56, true},
    TypeGeometry{GgmlType::kBF16, "BF16", 1, 2, false},
    TypeGeometry{GgmlType::kTQ1_0, "TQ1_0", 256, 54, true},
    TypeGeometry{GgmlType::kTQ2_0, "TQ2_0", 256, 66, true},
    TypeGeometry{GgmlType::kMXFP4, "MXFP4", 32, 17, true},
    TypeGeometry{GgmlType::kNVFP4, "NVFP4", 64, 36, true},
    TypeGeometry{GgmlType::kQ1_0, "Q1_0", 128, 18, true},
    TypeGeometry{GgmlType::kQ2_0, "Q2_0", 64, 18, true},
};

static_assert(std::ranges::is_sorted(kTypes, {}, &TypeGeometry::type));

// Where each number's type stands in kTypes; types that no longer exist lead to the first.
constexpr auto kPlaces = [] {
  constexpr std::size_t kNumbers = static_cast<std::size_t>(kTypes.back().type) + 1;
  std::array<std::uint8_t, kNumbers> places{};
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    places[static_cast<std::size_t>(kTypes[i].type)] = static_cast<std::uint8_t>(i);
  }
  return places;
}();

template <typename Predicate>
std::optional<TypeGeometry> find_if(Predicate matches) {
  const auto found = std::ranges::find_if(kTypes, matches);
  return found == kTypes.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

std::span<const TypeGeometry> all_types() {
  return kTypes;
}

std::optional<TypeGeometry> find_type(std::uint32_t id) {
  return find_if([id](const TypeGeometry& entry) { return static_cast<std::uint32_t>(entry.type) == id; });
}

std::optional<TypeGeometry> find_type(std::string_view name) {
  return find_if([name](const TypeGeometry& entry) { return equals_ignoring_case(entry.name, name); });
}

const TypeGeometry& geometry(GgmlType type) {
  return kTypes[kPlaces[static_cast<std::size_t>(type)]];
}

std::optional<std::uint64_t> row_bytes(GgmlType type, std::uint64_t row) {
  const TypeGeometry& entry = geometry(type);
  if (row % entry.block_elements != 0) return std::nullopt;
  const std::uint64_t blocks = row / entry.block_elements;
  if (blocks > std::numeric_limits<std::uint64_t>::max() / entry.block_bytes) return std::nullopt;
  return blocks * entry.block_bytes;
}

}  // namespace tokcast
