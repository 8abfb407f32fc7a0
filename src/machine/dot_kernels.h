// Blocks of dot products, one kernel for each type and instruction path: what multiplication is measured
// with.
//
// A kernel multiplies each of a few rows by each of a few columns, all of which stay in the first-level
// cache, and keeps every sum in a register, as the inner loop of a matrix product does: the rate that comes
// out is the multipliers', not the memory's.
#ifndef TOKCAST_MACHINE_DOT_KERNELS_H_
#define TOKCAST_MACHINE_DOT_KERNELS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tokcast {

// Of one row or column. The largest block has 32 of each: 32 KiB.
constexpr std::size_t kDotDepthBytes = 512;
constexpr std::size_t kMostDotSums = std::size_t{32} * 32;

struct DotKernel {
  // sums[r * columns + c] = iterations * Σ_k a[r * depth + k] * b[c * depth + k], as float (of an int32 sum
  // for int8). a and b hold elements of `type` and lie on multiples of 64 bytes.
  using Run = void(const std::byte* a, const std::byte* b, float* sums, std::uint64_t iterations);

  // "int8": a within 0 to 127, as unpacked weights are, because some instructions multiply unsigned by
  // signed; b within -127 to 127. "fp16" (IEEE half), "bf16", "fp32".
  std::string_view type;
  std::string_view path;  // the instructions, as in DotRate
  bool (*available)();    // whether this processor and kernel can run it; else `run` would crash
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  Run* run = nullptr;

  std::size_t depth() const;  // elements of a row or column
  // Of one iteration; a multiply-add counts two.
  double operations() const { return 2.0 * rows * columns * static_cast<double>(depth()); }
};

// Every kernel built for this architecture, available or not.
std::vector<DotKernel> dot_kernels();

// Elements on a cache line's boundary.
struct alignas(64) DotLine {
  std::array<std::byte, 64> bytes;
};

// `values` as elements of `type`; each must be one of the type's own normal values, or 0.
std::vector<DotLine> encode_elements(std::string_view type, std::span<const float> values);

// The two halves of dot_kernels(): those in portable vector code (kernels_highway.cc), and those of this
// architecture's own instructions (dot_x86.cc, dot_arm.cc, dot_generic.cc).
std::span<const DotKernel> portable_dot_kernels();
std::span<const DotKernel> native_dot_kernels();

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_DOT_KERNELS_H_
