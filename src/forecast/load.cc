#include "forecast/load.h"

#include <algorithm>
#include <array>

namespace tokcast {
namespace {

Interval<double> read_rates(std::optional<BytesPerSecond> measured) {
  constexpr double kGiveOrTake = 1.33;
  if (!measured || measured->value <= 0) return {120e6, 500e6, 3e9};
  return {measured->value / kGiveOrTake, measured->value, measured->value * kGiveOrTake};
}

// Seconds for so many bytes at a rate between bounds.
Interval<Seconds> at_rates(double bytes, const Interval<double>& rates) {
  return {Seconds(bytes / rates.high), Seconds(bytes / rates.expected), Seconds(bytes / rates.low)};
}

// Types that ggml's processor back end keeps in blocks of several rows on one machine or another
// (ggml-cpu/repack.cpp: q4_0, q4_K, q2_K, q8_0, iq4_nl, mxfp4).
bool may_be_repacked(GgmlType type) {
  using enum GgmlType;
  static constexpr std::array kTypes{kQ4_0, kQ4_K, kQ2_K, kQ8_0, kIQ4_NL, kMXFP4};
  return std::ranges::find(kTypes, type) != kTypes.end();
}

double repacked_bytes(const Shape& shape) {
  double bytes = 0;
  for (const Tensor& tensor : shape.header.tensors) {
    if (may_be_repacked(tensor.type)) bytes += static_cast<double>(tensor.bytes().value);
  }
  return bytes;
}

Interval<Seconds> preparing(const Shape& shape, bool on_processor) {
  auto out = at_rates(static_cast<double>(shape.weight_bytes().value), {1e9, 3e9, 10e9});
  if (!on_processor) return out;
  Interval<Seconds> repacking = at_rates(repacked_bytes(shape), {0.3e9, 1.5e9, 10e9});
  repacking.low = Seconds(0);
  return out + repacking;
}

Interval<Seconds> warm_up(const Timings& timings) {
  const Interval<Seconds> start{Seconds(0.1), Seconds(0.5), Seconds(2)};
  return timings.decode.empty() ? start : start + timings.decode.front().duration;
}

}  // namespace

void add_load(Timings& timings, const Shape& shape, std::optional<BytesPerSecond> read_rate,
              bool on_processor) {
  LoadParts parts;
  parts.reading = at_rates(static_cast<double>(shape.weight_bytes().value), read_rates(read_rate));
  if (timings.load) {
    parts.preparing = *timings.load;
  } else {
    parts.preparing = preparing(shape, on_processor);
    parts.warm_up = warm_up(timings);
    timings.load = parts.preparing + *parts.warm_up;
  }
  if (!timings.cold_load) timings.cold_load = parts.reading + *timings.load;
  timings.load_parts = parts;
}

}  // namespace tokcast
