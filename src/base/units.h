// Units as types: a number that carries what it counts, so that seconds never meet bytes by accident.
//
// All are plain values, totally ordered, free of hidden conversions. Unknown is std::optional, never 0.
#ifndef TOKCAST_BASE_UNITS_H_
#define TOKCAST_BASE_UNITS_H_

#include <compare>
#include <cstdint>

namespace tokcast {

template <typename Tag, typename Number>
struct Unit {
  Number value{};

  constexpr Unit() = default;
  constexpr explicit Unit(Number number) : value(number) {}

  constexpr auto operator<=>(const Unit&) const = default;
  constexpr Unit& operator+=(Unit other) { return value += other.value, *this; }
  friend constexpr Unit operator+(Unit a, Unit b) { return Unit(a.value + b.value); }
  friend constexpr Unit operator-(Unit a, Unit b) { return Unit(a.value - b.value); }
  friend constexpr Unit operator*(Unit a, Number factor) { return Unit(a.value * factor); }
  friend constexpr Unit operator*(Number factor, Unit a) { return Unit(a.value * factor); }
  friend constexpr double operator/(Unit a, Unit b) {
    return static_cast<double>(a.value) / static_cast<double>(b.value);
  }
};

using Bytes = Unit<struct BytesTag, std::uint64_t>;
using Seconds = Unit<struct SecondsTag, double>;
using Tokens = Unit<struct TokensTag, std::uint64_t>;
using TokensPerSecond = Unit<struct TokensPerSecondTag, double>;
using BytesPerSecond = Unit<struct BytesPerSecondTag, double>;

constexpr Bytes kKibi{1024};
constexpr Bytes kMebi{1024ULL * 1024};
constexpr Bytes kGibi{1024ULL * 1024 * 1024};

}  // namespace tokcast

#endif  // TOKCAST_BASE_UNITS_H_
