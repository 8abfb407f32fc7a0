// Checked 64-bit arithmetic for numbers that come from files and peers: nullopt instead of wrapping.
//
// Every overflow in facts about real GGUF parsers (CVE-2024-21836, CVE-2025-53630, CVE-2026-33298 ...) was a
// plain + or * on such a number.
#ifndef TOKCAST_BASE_CHECKED_H_
#define TOKCAST_BASE_CHECKED_H_

#include <cstdint>
#include <optional>

namespace tokcast {

constexpr std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

constexpr std::optional<std::uint64_t> checked_multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// The least multiple of `alignment` (not 0) that is >= value; nullopt if it does not fit 64 bits.
constexpr std::optional<std::uint64_t> checked_round_up(std::uint64_t value, std::uint64_t alignment) {
  const std::uint64_t rest = value % alignment;
  return rest == 0 ? std::optional(value) : checked_add(value, alignment - rest);
}

}  // namespace tokcast

#endif  // TOKCAST_BASE_CHECKED_H_
