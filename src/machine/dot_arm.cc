// The multiply-add instructions of 64-bit Arm processors beyond plain NEON, which portable code serves.
#include <arm_neon.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>

#include "machine/dot_block.h"
#include "machine/dot_kernels.h"

#define TOKCAST_DOTPROD gnu::target("arch=armv8.2-a+dotprod")
#define TOKCAST_I8MM gnu::target("arch=armv8.2-a+i8mm")
#define TOKCAST_BF16 gnu::target("arch=armv8.2-a+bf16")
#define TOKCAST_FP16 gnu::target("arch=armv8.2-a+fp16")

namespace tokcast {
namespace {

struct DotprodInt8 : LaneTotals<std::int32_t> {
  using Operand = int8x16_t;
  using Sum = int32x4_t;
  static constexpr std::size_t kStepBytes = 16;
  static constexpr std::size_t kRowBytes = kDotDepthBytes;
  [[TOKCAST_DOTPROD]] static Operand load(const std::byte* from) {
    return vld1q_s8(reinterpret_cast<const std::int8_t*>(from));
  }
  [[TOKCAST_DOTPROD]] static Sum add_products(Sum sum, Operand a, Operand b) { return vdotq_s32(sum, a, b); }
};

struct Bf16 : LaneTotals<float> {
  using Operand = bfloat16x8_t;
  using Sum = float32x4_t;
  static constexpr std::size_t kStepBytes = 16;
  static constexpr std::size_t kRowBytes = kDotDepthBytes;
  [[TOKCAST_BF16]] static Operand load(const std::byte* from) {
    return vld1q_bf16(reinterpret_cast<const bfloat16_t*>(from));
  }
  [[TOKCAST_BF16]] static Sum add_products(Sum sum, Operand a, Operand b) { return vbfdotq_f32(sum, a, b); }
};

struct Fp16 : LaneTotals<float16_t> {
  using Operand = float16x8_t;
  using Sum = float16x8_t;
  static constexpr std::size_t kStepBytes = 16;
  static constexpr std::size_t kRowBytes = kDotDepthBytes;
  [[TOKCAST_FP16]] static Operand load(const std::byte* from) {
    return vld1q_f16(reinterpret_cast<const float16_t*>(from));
  }
  [[TOKCAST_FP16]] static Sum add_products(Sum sum, Operand a, Operand b) { return vfmaq_f16(sum, a, b); }
};

// One instruction multiplies two rows by two columns, eight deep, and adds to four whole sums.
struct I8mmInt8 {
  using Operand = int8x16_t;
  using Sum = int32x4_t;
  static constexpr std::size_t kStepBytes = 16;
  static constexpr std::size_t kRowBytes = 2 * kDotDepthBytes;  // a pair of rows
  [[TOKCAST_I8MM]] static Operand load(const std::byte* from) {
    return vld1q_s8(reinterpret_cast<const std::int8_t*>(from));
  }
  [[TOKCAST_I8MM]] static Sum add_products(Sum sum, Operand a, Operand b) { return vmmlaq_s32(sum, a, b); }

  static void finish(const Sum* blocks, std::size_t, float* sums) {
    for (std::size_t row = 0; row < 2 * kDotBlockRows; ++row) {
      for (std::size_t column = 0; column < 2 * kDotBlockColumns; ++column) {
        std::int32_t lanes[4];
        vst1q_s32(lanes, blocks[row / 2 * kDotBlockColumns + column / 2]);
        *sums++ = static_cast<float>(lanes[row % 2 * 2 + column % 2]);
      }
    }
  }
};

TOKCAST_DEFINE_DOT_BLOCK(int8_dotprod, TOKCAST_DOTPROD, DotprodInt8)
TOKCAST_DEFINE_DOT_BLOCK(bf16_dot, TOKCAST_BF16, Bf16)
TOKCAST_DEFINE_DOT_BLOCK(fp16_fma, TOKCAST_FP16, Fp16)
TOKCAST_DEFINE_DOT_BLOCK(int8_of_pairs, TOKCAST_I8MM, I8mmInt8)

// Two rows (or columns) become one, eight bytes of each in turn.
template <std::uint32_t kPairs>
struct Pairs {
  explicit Pairs(const std::byte* from) {
    for (std::size_t i = 0; i < sizeof bytes; i += 8) {
      const std::size_t pair = i / (2 * kDotDepthBytes);
      const std::size_t second = i / 8 % 2;
      const std::size_t k = i % (2 * kDotDepthBytes) / 16 * 8;
      std::memcpy(&bytes[i], from + (2 * pair + second) * kDotDepthBytes + k, 8);
    }
  }
  alignas(64) std::byte bytes[kPairs * 2 * kDotDepthBytes];
};

void int8_i8mm(const std::byte* a, const std::byte* b, float* sums, std::uint64_t iterations) {
  const Pairs<kDotBlockRows> rows(a);
  const Pairs<kDotBlockColumns> columns(b);
  int8_of_pairs(rows.bytes, columns.bytes, sums, iterations);
}

bool has_dotprod() {
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
}
bool has_i8mm() {
  return (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
}
bool has_bf16() {
  return (getauxval(AT_HWCAP2) & HWCAP2_BF16) != 0;
}
bool has_fp16() {
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDHP) != 0;
}

constexpr DotKernel kKernels[] = {
    {"int8", "neon-dotprod", has_dotprod, kDotBlockRows, kDotBlockColumns, int8_dotprod},
    {"int8", "neon-i8mm", has_i8mm, 2 * kDotBlockRows, 2 * kDotBlockColumns, int8_i8mm},
    {"bf16", "neon-bf16", has_bf16, kDotBlockRows, kDotBlockColumns, bf16_dot},
    {"fp16", "neon-fp16", has_fp16, kDotBlockRows, kDotBlockColumns, fp16_fma},
};

}  // namespace

std::span<const DotKernel> native_dot_kernels() {
  return kKernels;
}

}  // namespace tokcast
