#include "forecast/load.h"

namespace tokcast {
namespace {

Interval<double> read_rates(std::optional<BytesPerSecond> measured) {
  constexpr double kGiveOrTake = 1.33;
  if (!measured || measured->value <= 0) return {120e6, 500e6, 3e9};
  return {measured->value / kGiveOrTake, measured->value, measured->value * kGiveOrTake};
}

}  // namespace

void add_cold_load(Timings& timings, const Shape& shape, std::optional<BytesPerSecond> read_rate) {
  if (timings.cold_load) return;
  const Interval<double> rates = read_rates(read_rate);
  const auto bytes = static_cast<double>(shape.weight_bytes().value);
  const Interval<Seconds> reading{Seconds(bytes / rates.high), Seconds(bytes / rates.expected),
                                  Seconds(bytes / rates.low)};
  timings.cold_load = reading + timings.load.value_or(Interval<Seconds>{});
}

}  // namespace tokcast
