// Timings of a model that was not rehearsed, scaled from one that was: its kin.
#ifndef TOKCAST_FORECAST_KIN_H_
#define TOKCAST_FORECAST_KIN_H_

#include "forecast/timings.h"
#include "model/shape.h"

namespace tokcast {

// How unlike two models are for scaling: 0 for the same work in the same types; larger is worse.
double kin_distance(const Shape& a, const Shape& b);

// Decode in proportion to the bytes of weights read for a token, prefill to the active parameters of the layers. The
// interval widens with the distance. Evidence is `estimated`, the source names the kin.
Timings scale_from_kin(const Timings& kin, const Shape& kin_shape, const Shape& shape);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_KIN_H_
