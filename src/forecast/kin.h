// Timings of a model that was not rehearsed, scaled from one that was: its kin.
#ifndef TOKCAST_FORECAST_KIN_H_
#define TOKCAST_FORECAST_KIN_H_

#include <string>

#include "forecast/timings.h"
#include "model/shape.h"

namespace tokcast {

// What decides how timings scale, taken from a shape once: sums over all its tensors.
struct KinFacts {
  std::string id;
  std::string architecture;
  std::string quantization;
  bool mixture_of_experts = false;
  double decode_bytes = 0;
  double active_parameters = 0;
  double weight_bytes = 0;
};

KinFacts kin_facts(const Shape& shape);

// How unlike two models are for scaling: 0 for the same work in the same types; larger is worse.
double kin_distance(const KinFacts& a, const KinFacts& b);

// Decode in proportion to the bytes of weights read for a token, prefill to the active parameters. The
// interval widens with the distance. Evidence is `estimated`, the source names the kin.
Timings scale_from_kin(const Timings& kin, const KinFacts& kin_is, const KinFacts& model);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_KIN_H_
