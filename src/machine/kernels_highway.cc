// This file is compiled once for each instruction set: foreach_target.h includes it again and again.
#include "machine/kernels.h"

#include "base/text.h"
#include "machine/dot_block.h"
#include "machine/dot_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "machine/kernels_highway.cc"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tokcast {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Eight sums: one would make each load wait for the addition before.
std::uint64_t add_words(const std::uint64_t* words, std::size_t count) {
  const hn::ScalableTag<std::uint64_t> d;
  const std::size_t n = hn::Lanes(d);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  std::size_t i = 0;
  for (; i + 8 * n <= count; i += 8 * n) {
    s0 = hn::Add(s0, hn::Load(d, words + i));
    s1 = hn::Add(s1, hn::Load(d, words + i + n));
    s2 = hn::Add(s2, hn::Load(d, words + i + 2 * n));
    s3 = hn::Add(s3, hn::Load(d, words + i + 3 * n));
    s4 = hn::Add(s4, hn::Load(d, words + i + 4 * n));
    s5 = hn::Add(s5, hn::Load(d, words + i + 5 * n));
    s6 = hn::Add(s6, hn::Load(d, words + i + 6 * n));
    s7 = hn::Add(s7, hn::Load(d, words + i + 7 * n));
  }
  const auto low = hn::Add(hn::Add(s0, s1), hn::Add(s2, s3));
  const auto high = hn::Add(hn::Add(s4, s5), hn::Add(s6, s7));
  std::uint64_t total = hn::GetLane(hn::SumOfLanes(d, hn::Add(low, high)));
  for (; i < count; ++i) total += words[i];
  return total;
}

const char* name_vectors() {
  return hwy::TargetName(HWY_TARGET);
}

// As TOKCAST_DEFINE_DOT_BLOCK, which cannot be used: vectors whose size the compiler does not know (SVE)
// cannot be members or elements of anything.
void multiply_fp32(const std::byte* a, const std::byte* b, float* sums, std::uint64_t iterations) {
  const hn::ScalableTag<float> d;
  constexpr std::size_t kDepth = kDotDepthBytes / sizeof(float);
  const auto* rows = reinterpret_cast<const float*>(a);
  const auto* columns = reinterpret_cast<const float*>(b);
  auto s00 = hn::Zero(d), s01 = s00, s02 = s00, s10 = s00, s11 = s00, s12 = s00;
  auto s20 = s00, s21 = s00, s22 = s00, s30 = s00, s31 = s00, s32 = s00;
  for (; iterations > 0; --iterations) {
    for (std::size_t k = 0; k < kDepth; k += hn::Lanes(d)) {
      const auto b0 = hn::Load(d, columns + k);
      const auto b1 = hn::Load(d, columns + kDepth + k);
      const auto b2 = hn::Load(d, columns + 2 * kDepth + k);
      auto row = hn::Load(d, rows + k);
      forget_memory();
      s00 = hn::MulAdd(row, b0, s00);
      s01 = hn::MulAdd(row, b1, s01);
      s02 = hn::MulAdd(row, b2, s02);
      row = hn::Load(d, rows + kDepth + k);
      forget_memory();
      s10 = hn::MulAdd(row, b0, s10);
      s11 = hn::MulAdd(row, b1, s11);
      s12 = hn::MulAdd(row, b2, s12);
      row = hn::Load(d, rows + 2 * kDepth + k);
      forget_memory();
      s20 = hn::MulAdd(row, b0, s20);
      s21 = hn::MulAdd(row, b1, s21);
      s22 = hn::MulAdd(row, b2, s22);
      row = hn::Load(d, rows + 3 * kDepth + k);
      forget_memory();
      s30 = hn::MulAdd(row, b0, s30);
      s31 = hn::MulAdd(row, b1, s31);
      s32 = hn::MulAdd(row, b2, s32);
    }
  }
  const auto put = [&](auto sum) HWY_ATTR { *sums++ = hn::GetLane(hn::SumOfLanes(d, sum)); };
  put(s00), put(s01), put(s02), put(s10), put(s11), put(s12);
  put(s20), put(s21), put(s22), put(s30), put(s31), put(s32);
}

// Two rows by two columns: int8 becomes int16, products of pairs add up as int32.
void multiply_int8(const std::byte* a, const std::byte* b, float* sums, std::uint64_t iterations) {
  const hn::ScalableTag<std::int16_t> d16;
  const hn::Rebind<std::int8_t, decltype(d16)> d8;
  const hn::RepartitionToWide<decltype(d16)> d32;
  const auto* rows = reinterpret_cast<const std::int8_t*>(a);
  const auto* columns = reinterpret_cast<const std::int8_t*>(b);
  // Of each sum a second part, which some instruction sets need and others leave 0.
  auto s00 = hn::Zero(d32), s01 = s00, s10 = s00, s11 = s00, t00 = s00, t01 = s00, t10 = s00, t11 = s00;
  for (; iterations > 0; --iterations) {
    for (std::size_t k = 0; k < kDotDepthBytes; k += hn::Lanes(d16)) {
      const auto b0 = hn::PromoteTo(d16, hn::LoadU(d8, columns + k));
      const auto b1 = hn::PromoteTo(d16, hn::LoadU(d8, columns + kDotDepthBytes + k));
      const auto row0 = hn::PromoteTo(d16, hn::LoadU(d8, rows + k));
      forget_memory();
      s00 = hn::ReorderWidenMulAccumulate(d32, row0, b0, s00, t00);
      s01 = hn::ReorderWidenMulAccumulate(d32, row0, b1, s01, t01);
      const auto row1 = hn::PromoteTo(d16, hn::LoadU(d8, rows + kDotDepthBytes + k));
      forget_memory();
      s10 = hn::ReorderWidenMulAccumulate(d32, row1, b0, s10, t10);
      s11 = hn::ReorderWidenMulAccumulate(d32, row1, b1, s11, t11);
    }
  }
  const auto put = [&](auto sum)
                       HWY_ATTR { *sums++ = static_cast<float>(hn::GetLane(hn::SumOfLanes(d32, sum))); };
  put(hn::Add(s00, t00)), put(hn::Add(s01, t01)), put(hn::Add(s10, t10)), put(hn::Add(s11, t11));
}

}  // namespace HWY_NAMESPACE
}  // namespace tokcast
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tokcast {
namespace {

HWY_EXPORT(add_words);
HWY_EXPORT(name_vectors);
HWY_EXPORT(multiply_fp32);
HWY_EXPORT(multiply_int8);

void run_fp32(const std::byte* a, const std::byte* b, float* sums, std::uint64_t iterations) {
  HWY_DYNAMIC_DISPATCH(multiply_fp32)(a, b, sums, iterations);
}

void run_int8(const std::byte* a, const std::byte* b, float* sums, std::uint64_t iterations) {
  HWY_DYNAMIC_DISPATCH(multiply_int8)(a, b, sums, iterations);
}

bool always() {
  return true;
}

}  // namespace

std::uint64_t sum_words(const std::uint64_t* words, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(add_words)(words, count);
}

const std::string& vector_path() {
  static const std::string path = [] {
    const std::string name = lower(HWY_DYNAMIC_DISPATCH(name_vectors)());
    return name.starts_with("avx3") ? std::string("avx512") : name;  // Highway's name for it
  }();
  return path;
}

std::span<const DotKernel> portable_dot_kernels() {
  static const DotKernel kernels[] = {
      {"int8", "generic", always, 2, 2, run_int8},
      {"fp32", vector_path(), always, kDotBlockRows, kDotBlockColumns, run_fp32},
  };
  return kernels;
}

}  // namespace tokcast
#endif  // HWY_ONCE
