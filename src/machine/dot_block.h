// The loop that the kernels of all instruction sets share: 4 rows by 3 columns. Included by dot_*.cc only.
//
// Twelve sums cover the latency of two multipliers that take four to six cycles each, and with three columns
// and one row fill the 16 registers of AVX2. It is a macro because the instruction set that a function may
// use is an attribute of the function, which no template parameter can set.
#ifndef TOKCAST_MACHINE_DOT_BLOCK_H_
#define TOKCAST_MACHINE_DOT_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace tokcast {

constexpr std::uint32_t kDotBlockRows = 4;
constexpr std::uint32_t kDotBlockColumns = 3;

// After each load of a row. Without it a compiler could widen or even multiply once for all iterations, as
// the data are the same, or load a row anew for each of its uses: then the loads would bound the rate.
inline void forget_memory() {
  asm volatile("" ::: "memory");
}

// The end of a block whose every sum is the total of one vector's lanes.
template <typename Lane>
struct LaneTotals {
  static void finish(const void* vectors, std::size_t vector_bytes, float* sums) {
    const auto* lanes = static_cast<const char*>(vectors);
    for (std::uint32_t sum = 0; sum < kDotBlockRows * kDotBlockColumns; ++sum) {
      double total = 0;
      for (std::size_t i = 0; i < vector_bytes; i += sizeof(Lane), lanes += sizeof(Lane)) {
        Lane lane;
        std::memcpy(&lane, lanes, sizeof lane);
        total += static_cast<double>(lane);
      }
      sums[sum] = static_cast<float>(total);
    }
  }
};

}  // namespace tokcast

// Defines the function `name`. Isa has the types Operand and Sum (vectors), kStepBytes (of a row, that one
// Operand holds), kRowBytes, load, add_products(sum, a, b) and finish(sums of all, bytes of one, where to).
#define TOKCAST_DEFINE_DOT_BLOCK(name, target_attribute, Isa)                                      \
  [[target_attribute]] void name(const std::byte* a, const std::byte* b, float* sums,              \
                                 std::uint64_t iterations) {                                       \
    Isa::Sum s00{}, s01{}, s02{}, s10{}, s11{}, s12{}, s20{}, s21{}, s22{}, s30{}, s31{}, s32{};   \
    for (; iterations > 0; --iterations) {                                                         \
      for (std::size_t k = 0; k < Isa::kRowBytes; k += Isa::kStepBytes) {                          \
        const Isa::Operand b0 = Isa::load(b + k);                                                  \
        const Isa::Operand b1 = Isa::load(b + Isa::kRowBytes + k);                                 \
        const Isa::Operand b2 = Isa::load(b + 2 * Isa::kRowBytes + k);                             \
        Isa::Operand row = Isa::load(a + k);                                                       \
        forget_memory();                                                                           \
        s00 = Isa::add_products(s00, row, b0);                                                     \
        s01 = Isa::add_products(s01, row, b1);                                                     \
        s02 = Isa::add_products(s02, row, b2);                                                     \
        row = Isa::load(a + Isa::kRowBytes + k);                                                   \
        forget_memory();                                                                           \
        s10 = Isa::add_products(s10, row, b0);                                                     \
        s11 = Isa::add_products(s11, row, b1);                                                     \
        s12 = Isa::add_products(s12, row, b2);                                                     \
        row = Isa::load(a + 2 * Isa::kRowBytes + k);                                               \
        forget_memory();                                                                           \
        s20 = Isa::add_products(s20, row, b0);                                                     \
        s21 = Isa::add_products(s21, row, b1);                                                     \
        s22 = Isa::add_products(s22, row, b2);                                                     \
        row = Isa::load(a + 3 * Isa::kRowBytes + k);                                               \
        forget_memory();                                                                           \
        s30 = Isa::add_products(s30, row, b0);                                                     \
        s31 = Isa::add_products(s31, row, b1);                                                     \
        s32 = Isa::add_products(s32, row, b2);                                                     \
      }                                                                                            \
    }                                                                                              \
    /* A copy, so that only it, not the sums, needs an address and with that a place in memory. */ \
    const Isa::Sum all[] = {s00, s01, s02, s10, s11, s12, s20, s21, s22, s30, s31, s32};           \
    Isa::finish(all, sizeof all[0], sums);                                                         \
  }

#endif  // TOKCAST_MACHINE_DOT_BLOCK_H_
