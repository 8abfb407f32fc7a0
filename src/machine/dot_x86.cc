// The multiply-add instructions of x86 processors, from AVX2 on (those before are served by portable code).
#include <immintrin.h>

#include "machine/dot_amx.h"
#include "machine/dot_block.h"
#include "machine/dot_kernels.h"

#define TOKCAST_AVX2 gnu::target("avx2,fma,f16c")
#define TOKCAST_AVXVNNI gnu::target("avx2,avxvnni")
#define TOKCAST_AVX512 gnu::target("avx512f")
#define TOKCAST_AVX512VNNI gnu::target("avx512f,avx512vnni")
#define TOKCAST_AVX512BF16 gnu::target("avx512f,avx512bf16")
#define TOKCAST_AVX512FP16 gnu::target("avx512f,avx512fp16")

namespace tokcast {
namespace {

// Pairs of products as int16 (no overflow, see DotKernel::type), then pairs of those as int32.
struct Avx2Int8 : LaneTotals<std::int32_t> {
  using Operand = __m256i;
  using Sum = __m256i;
  static constexpr std::size_t kStepBytes = 32;
  static constexpr std::size_t kRowBytes = kDotDepthBytes;
  [[TOKCAST_AVX2]] static Operand load(const std::byte* from) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(from));
  }
  [[TOKCAST_AVX2]] static Sum add_products(Sum sum, Operand a, Operand b) {
    const __m256i pairs = _mm256_maddubs_epi16(a, b);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

struct AvxVnniInt8 : LaneTotals<std::int32_t> {
  using Operand = __m256i;
  using Sum = __m256i;
  static constexpr std::size_t kStepBytes = 32;
  static constexpr std::size_t kRowBytes = kDotDepthBytes;
  [[TOKCAST_AVXVNNI]] static Operand load(const std::byte* from) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(from));
  }
  [[TOKCAST_AVXVNNI]] static Sum add_products(Sum sum, Operand a, Operand b) {
    return _mm256_dpbusd_avx_epi32(sum, a, b);
  }
};

struct Avx512VnniInt8 : LaneTotals<std::int32_t> {
  using Operand = __m512i;
  using Sum = __m512i;
  static constexpr std::size_t kStepBytes = 64;
  static constexpr std::size_t kRowBytes = kDotDepthBytes;
  [[TOKCAST_AVX512VNNI]] static Operand load(const std::byte* from) { return _mm512_load_si512(from); }
  [[TOKCAST_AVX512VNNI]] static Sum add_products(Sum sum, Operand a, Operand b) {
    return _mm512_dpbusd_epi32(sum, a, b);
  }
};

struct Avx512Bf16 : LaneTotals<float> {
  using Operand = __m512bh;
  using Sum = __m512;
  static constexpr std::size_t kStepBytes = 64;
  static constexpr std::size_t kRowBytes = kDotDepthBytes;
  [[TOKCAST_AVX512BF16]] static Operand load(const std::byte* from) {
    return (__m512bh)_mm512_load_si512(from);
  }
  [[TOKCAST_AVX512BF16]] static Sum add_products(Sum sum, Operand a, Operand b) {
    return _mm512_dpbf16_ps(sum, a, b);
  }
};

// Halves that are widened when loaded: the way of processors without half arithmetic, and of engines that
// want sums of full precision.
struct F16cFp16 : LaneTotals<float> {
  using Operand = __m256;
  using Sum = __m256;
  static constexpr std::size_t kStepBytes = 16;
  static constexpr std::size_t kRowBytes = kDotDepthBytes;
  [[TOKCAST_AVX2]] static Operand load(const std::byte* from) {
    return _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(from)));
  }
  [[TOKCAST_AVX2]] static Sum add_products(Sum sum, Operand a, Operand b) {
    return _mm256_fmadd_ps(a, b, sum);
  }
};

struct Avx512Fp16Widened : LaneTotals<float> {
  using Operand = __m512;
  using Sum = __m512;
  static constexpr std::size_t kStepBytes = 32;
  static constexpr std::size_t kRowBytes = kDotDepthBytes;
  [[TOKCAST_AVX512]] static Operand load(const std::byte* from) {
    // The form with a mask of all: g++ 12 warns of its own header's undefined value in the plain one.
    return _mm512_maskz_cvtph_ps(0xffff, _mm256_load_si256(reinterpret_cast<const __m256i*>(from)));
  }
  [[TOKCAST_AVX512]] static Sum add_products(Sum sum, Operand a, Operand b) {
    return _mm512_fmadd_ps(a, b, sum);
  }
};

struct Avx512Fp16 : LaneTotals<_Float16> {
  using Operand = __m512h;
  using Sum = __m512h;
  static constexpr std::size_t kStepBytes = 64;
  static constexpr std::size_t kRowBytes = kDotDepthBytes;
  [[TOKCAST_AVX512FP16]] static Operand load(const std::byte* from) { return _mm512_load_ph(from); }
  [[TOKCAST_AVX512FP16]] static Sum add_products(Sum sum, Operand a, Operand b) {
    return _mm512_fmadd_ph(a, b, sum);
  }
};

TOKCAST_DEFINE_DOT_BLOCK(int8_avx2, TOKCAST_AVX2, Avx2Int8)
TOKCAST_DEFINE_DOT_BLOCK(int8_avxvnni, TOKCAST_AVXVNNI, AvxVnniInt8)
TOKCAST_DEFINE_DOT_BLOCK(int8_avx512vnni, TOKCAST_AVX512VNNI, Avx512VnniInt8)
TOKCAST_DEFINE_DOT_BLOCK(bf16_avx512bf16, TOKCAST_AVX512BF16, Avx512Bf16)
TOKCAST_DEFINE_DOT_BLOCK(fp16_f16c, TOKCAST_AVX2, F16cFp16)
TOKCAST_DEFINE_DOT_BLOCK(fp16_avx512, TOKCAST_AVX512, Avx512Fp16Widened)
TOKCAST_DEFINE_DOT_BLOCK(fp16_avx512fp16, TOKCAST_AVX512FP16, Avx512Fp16)

// The built-in asks the processor and whether the operating system saves the registers.
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}
bool has_avxvnni() {
  return __builtin_cpu_supports("avxvnni");
}
bool has_avx512() {
  return __builtin_cpu_supports("avx512f");
}
bool has_avx512vnni() {
  return __builtin_cpu_supports("avx512vnni");
}
bool has_avx512bf16() {
  return __builtin_cpu_supports("avx512bf16");
}
bool has_avx512fp16() {
  return __builtin_cpu_supports("avx512fp16");
}

constexpr DotKernel kKernels[] = {
    {"int8", "avx2", has_avx2, kDotBlockRows, kDotBlockColumns, int8_avx2},
    {"int8", "avxvnni", has_avxvnni, kDotBlockRows, kDotBlockColumns, int8_avxvnni},
    {"int8", "avx512vnni", has_avx512vnni, kDotBlockRows, kDotBlockColumns, int8_avx512vnni},
    {"int8", "amx-int8", has_amx_int8, kAmxRows, kAmxColumns, int8_amx},
    {"bf16", "avx512bf16", has_avx512bf16, kDotBlockRows, kDotBlockColumns, bf16_avx512bf16},
    {"bf16", "amx-bf16", has_amx_bf16, kAmxRows, kAmxColumns, bf16_amx},
    {"fp16", "f16c", has_avx2, kDotBlockRows, kDotBlockColumns, fp16_f16c},
    {"fp16", "avx512", has_avx512, kDotBlockRows, kDotBlockColumns, fp16_avx512},
    {"fp16", "avx512fp16", has_avx512fp16, kDotBlockRows, kDotBlockColumns, fp16_avx512fp16},
};

}  // namespace

std::span<const DotKernel> native_dot_kernels() {
  return kKernels;
}

}  // namespace tokcast
