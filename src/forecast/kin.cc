#include "forecast/kin.h"

#include <cmath>

namespace tokcast {
namespace {

double decode_ratio(const Shape& kin, const Shape& shape) {
  return static_cast<double>(shape.decode_bytes().value) / static_cast<double>(kin.decode_bytes().value);
}

double prefill_ratio(const Shape& kin, const Shape& shape) {
  return static_cast<double>(shape.active_parameters()) / static_cast<double>(kin.active_parameters());
}

Interval<Seconds> scaled(const Interval<Seconds>& duration, double ratio, double widening) {
  return {duration.low * (ratio / widening), duration.expected * ratio, duration.high * (ratio * widening)};
}

}  // namespace

double kin_distance(const Shape& a, const Shape& b) {
  double distance = std::abs(std::log2(decode_ratio(a, b)));
  if (a.quantization != b.quantization) distance += 2;             // another kernel: up to 2x (docs/FORECAST.md)
  if (a.experts.has_value() != b.experts.has_value()) distance += 1.5;  // scattered reads against streams
  if (a.architecture != b.architecture) distance += 0.25;
  return distance;
}

Timings scale_from_kin(const Timings& kin, const Shape& kin_shape, const Shape& shape) {
  // 15 % at no distance, as the spread between rehearsed models of one type on one machine; more with distance.
  const double widening = 1.15 + 0.15 * kin_distance(kin_shape, shape);
  Timings out = kin;
  out.evidence = Evidence::kEstimated;
  out.source = "scaled from the rehearsal of " + kin_shape.id;
  for (DecodePoint& point : out.decode) {
    point.duration = scaled(point.duration, decode_ratio(kin_shape, shape), widening);
  }
  for (PrefillPoint& point : out.prefill) {
    point.duration = scaled(point.duration, prefill_ratio(kin_shape, shape), widening);
  }
  const double bytes = static_cast<double>(shape.weight_bytes().value) /
                       static_cast<double>(kin_shape.weight_bytes().value);
  if (out.load) out.load = scaled(*out.load, bytes, widening);
  out.compute_bytes.reset();
  return out;
}

}  // namespace tokcast
