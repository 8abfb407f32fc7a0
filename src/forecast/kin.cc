#include "forecast/kin.h"

#include <cmath>

namespace tokcast {
namespace {

Interval<Seconds> scaled(const Interval<Seconds>& duration, double ratio, double widening) {
  return {duration.low * (ratio / widening), duration.expected * ratio, duration.high * (ratio * widening)};
}

}  // namespace

KinFacts kin_facts(const Shape& shape) {
  return {.id = shape.id,
          .architecture = shape.architecture,
          .quantization = shape.quantization,
          .mixture_of_experts = shape.experts.has_value(),
          .decode_bytes = static_cast<double>(shape.decode_bytes().value),
          .active_parameters = static_cast<double>(shape.active_parameters()),
          .weight_bytes = static_cast<double>(shape.weight_bytes().value)};
}

double kin_distance(const KinFacts& a, const KinFacts& b) {
  double distance = std::abs(std::log2(b.decode_bytes / a.decode_bytes));
  if (a.quantization != b.quantization) distance += 2;  // another kernel: up to 2x (docs/FORECAST.md)
  if (a.mixture_of_experts != b.mixture_of_experts) distance += 1.5;  // scattered reads against streams
  if (a.architecture != b.architecture) distance += 0.25;
  return distance;
}

Timings scale_from_kin(const Timings& kin, const KinFacts& kin_is, const KinFacts& model) {
  // 15 % at no distance, as the spread between rehearsed models of one type on one machine; more with
  // distance.
  const double widening = 1.15 + 0.15 * kin_distance(kin_is, model);
  Timings out = kin;
  out.evidence = Evidence::kEstimated;
  out.source = "scaled from the rehearsal of " + kin_is.id;
  for (DecodePoint& point : out.decode) {
    point.duration = scaled(point.duration, model.decode_bytes / kin_is.decode_bytes, widening);
  }
  for (PrefillPoint& point : out.prefill) {
    point.duration = scaled(point.duration, model.active_parameters / kin_is.active_parameters, widening);
  }
  if (out.load) out.load = scaled(*out.load, model.weight_bytes / kin_is.weight_bytes, widening);
  out.compute_bytes.reset();
  return out;
}

}  // namespace tokcast
