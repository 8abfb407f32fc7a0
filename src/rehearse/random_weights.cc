#include "rehearse/random_weights.h"

#include <array>
#include <cstring>
#include <random>
#include <span>

namespace tokcast {
namespace {

// Where a block keeps its scale, and a bit pattern that is legal there. Offsets: ggml-common.h's block
// structs, ggml-org/ggml@d99724f. Half-precision patterns (little-endian): 0x1400 = 2^-10, 0x0C00 = 2^-12,
// 0x0400 = 2^-14.
struct ScaleField {
  GgmlType type;
  std::size_t offset;
  std::uint16_t bits;
  std::size_t width;  // bytes
};

// Minimums (the second field of the types that have one) are scale x mean quant, which centres the weights on
// 0: 0x1F80 = 7.5 x 2^-10, 0x23C0 = 15.5 x 2^-10, 0x1780 = 7.5 x 2^-12, 0x1BC0 = 15.5 x 2^-12, 0x0E00 = 1.5 x
// 2^-12; with the sign bit (0x8000) where the format adds them.
constexpr ScaleField kScaleFields[] = {
    {GgmlType::kQ4_0, 0, 0x1400, 2},   {GgmlType::kQ4_1, 0, 0x1400, 2},    {GgmlType::kQ4_1, 2, 0x9F80, 2},
    {GgmlType::kQ5_0, 0, 0x1400, 2},   {GgmlType::kQ5_1, 0, 0x1400, 2},    {GgmlType::kQ5_1, 2, 0xA3C0, 2},
    {GgmlType::kQ8_0, 0, 0x0C00, 2},   {GgmlType::kQ8_1, 0, 0x0C00, 2},    {GgmlType::kQ8_1, 2, 0x0C00, 2},
    {GgmlType::kQ2_K, 80, 0x0C00, 2},  {GgmlType::kQ2_K, 82, 0x0E00, 2},   {GgmlType::kQ3_K, 108, 0x0400, 2},
    {GgmlType::kQ4_K, 0, 0x0C00, 2},   {GgmlType::kQ4_K, 2, 0x1780, 2},    {GgmlType::kQ5_K, 0, 0x0C00, 2},
    {GgmlType::kQ5_K, 2, 0x1BC0, 2},   {GgmlType::kQ6_K, 208, 0x0400, 2},  {GgmlType::kIQ2_XXS, 0, 0x0400, 2},
    {GgmlType::kIQ2_XS, 0, 0x0400, 2}, {GgmlType::kIQ3_XXS, 0, 0x0400, 2}, {GgmlType::kIQ1_S, 0, 0x0400, 2},
    {GgmlType::kIQ4_NL, 0, 0x0400, 2}, {GgmlType::kIQ3_S, 0, 0x0400, 2},   {GgmlType::kIQ2_S, 0, 0x0400, 2},
    {GgmlType::kIQ4_XS, 0, 0x0400, 2}, {GgmlType::kTQ1_0, 52, 0x0C00, 2},  {GgmlType::kTQ2_0, 64, 0x0C00, 2},
    {GgmlType::kMXFP4, 0, 118, 1},                                        // E8M0: 2^(118 - 127)
    {GgmlType::kNVFP4, 0, 0x2828, 2},  {GgmlType::kNVFP4, 2, 0x2828, 2},  // four E4M3 scales
};

// IQ1_M spreads its half-precision scale over the high nibbles of four words, lowest nibble first.
void set_iq1_m_scale(std::span<std::byte> block) {
  constexpr std::size_t kScalesOffset = 48;
  constexpr std::array<unsigned, 4> kNibbles{0x0, 0x0, 0x4, 0x0};  // 0x0400 = 2^-14
  for (std::size_t word = 0; word < kNibbles.size(); ++word) {
    std::byte& high = block[kScalesOffset + 2 * word + 1];
    high = (high & std::byte{0x0F}) | static_cast<std::byte>(kNibbles[word] << 4U);
  }
}

void make_legal(GgmlType type, std::span<std::byte> block) {
  for (const ScaleField& field : kScaleFields) {
    if (field.type == type) std::memcpy(block.data() + field.offset, &field.bits, field.width);
  }
  if (type == GgmlType::kIQ1_M) set_iq1_m_scale(block);
}

template <typename Number>
Number small_number(std::mt19937_64& random);

// Sign and mantissa random, exponent fixed: |x| in [2^-6, 2^-5).
template <>
std::uint16_t small_number(std::mt19937_64& random) {  // half precision
  return static_cast<std::uint16_t>((random() & 0x83FFU) | 0x2400U);
}

std::uint16_t small_bfloat16(std::mt19937_64& random) {
  return static_cast<std::uint16_t>((random() & 0x807FU) | (121U << 7U));
}

template <>
float small_number(std::mt19937_64& random) {
  return std::uniform_real_distribution<float>(-0.05F, 0.05F)(random);
}

template <typename Number, typename Make>
std::vector<std::byte> numbers(std::uint64_t count, Make make) {
  std::vector<std::byte> out(count * sizeof(Number));
  for (std::uint64_t i = 0; i < count; ++i) {
    const Number number = make();
    std::memcpy(out.data() + i * sizeof(Number), &number, sizeof(Number));
  }
  return out;
}

std::vector<std::byte> quantized_blocks(const TypeGeometry& type, std::uint64_t blocks,
                                        std::mt19937_64& random) {
  std::vector<std::byte> out(blocks * type.block_bytes);
  for (std::size_t i = 0; i < out.size(); i += sizeof(std::uint64_t)) {
    const std::uint64_t bits = random();
    std::memcpy(out.data() + i, &bits, std::min(sizeof bits, out.size() - i));
  }
  for (std::uint64_t block = 0; block < blocks; ++block) {
    make_legal(type.type, std::span(out).subspan(block * type.block_bytes, type.block_bytes));
  }
  return out;
}

}  // namespace

std::vector<std::byte> random_blocks(GgmlType type, std::uint64_t blocks, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  switch (type) {
    case GgmlType::kF32:
      return numbers<float>(blocks, [&] { return small_number<float>(random); });
    case GgmlType::kF64:
      return numbers<double>(blocks, [&] { return double{small_number<float>(random)}; });
    case GgmlType::kF16:
      return numbers<std::uint16_t>(blocks, [&] { return small_number<std::uint16_t>(random); });
    case GgmlType::kBF16:
      return numbers<std::uint16_t>(blocks, [&] { return small_bfloat16(random); });
    default:
      return quantized_blocks(geometry(type), blocks, random);
  }
}

std::vector<std::byte> random_f32(std::string_view name, std::uint64_t elements, std::uint64_t seed) {
  const bool is_norm = name.find("norm") != std::string_view::npos && name.ends_with(".weight");
  const bool is_rope = name.starts_with("rope_") || name.find(".rope_") != std::string_view::npos;
  if (is_norm || is_rope) return numbers<float>(elements, [] { return 1.0F; });
  // State-space decay rates are negative by construction: exp(A) must not grow.
  if (name.ends_with("ssm_a")) return numbers<float>(elements, [] { return -0.5F; });
  return random_blocks(GgmlType::kF32, elements, seed);
}

}  // namespace tokcast
