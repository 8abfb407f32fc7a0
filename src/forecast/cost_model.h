// The cost model: seconds of any prefill and any decode step, from the few points of a Timings.
//
//   decode(d)     = t0 + slope * (A(d) - A(d0))
//   prefill(n, d) = sum over micro-batches of b tokens at depth x:  C(b) + slope' * b * A(x + b/2)
//
// and for s sessions at once, each at depth d, with t = t0 - slope * A(d0) and the growth of
// Timings::parallel
//
//   decode(s, d)     = growth(s) * t + s * slope * A(d)
//   prefill(s, n, d) = sum over micro-batches of the s * n tokens of C(b)  +  s * the attention of one
//
// A(d) is the number of positions that the attention layers look at, averaged over the model: d for a plain
// transformer, less where sliding windows cap it. C(b) is linear between the measured batch sizes, starting
// from one decode step at b = 1. Derivation and limits: docs/FORECAST.md.
#ifndef TOKCAST_FORECAST_COST_MODEL_H_
#define TOKCAST_FORECAST_COST_MODEL_H_

#include "forecast/timings.h"
#include "model/shape.h"

namespace tokcast {

// Positions attended at `depth`, averaged over the attention layers by the size of their keys and values; 0
// if there are none.
double attended_positions(const Shape& shape, double depth);

// Seconds per attended position of a decode step, before anything at depth was measured: keys and values are
// read at a fifth of the weights' speed. `step` is a decode step at depth 0. Six models on a processor of 2
// cores gave 2.8 to 7.8 times the weights' cost per byte (docs/ACCURACY.md, 2 threads); elsewhere it may be
// nearer 1.
double decode_slope_prior(const Shape& shape, Seconds step);
// Its standard deviation, as a share.
constexpr double kDecodeSlopeDeviation = 0.6;

// How a model is run, where that is not as it was timed.
struct RunSetup {
  std::uint32_t sessions = 1;
  std::uint64_t batch = kMicroBatch;  // prompt tokens that are read at once
  // What attention costs against an F16 cache and the engine's own choice of attention.
  Interval<double> attention{1, 1, 1};
};

// One decode step at `depth`: a token for each of the sessions. `timings` must have a decode point.
Interval<Seconds> decode_step(const Shape& shape, const Timings& timings, double depth,
                              const RunSetup& setup = {});

// Prefill of `tokens` (0 costs nothing) of each session, with `depth` tokens already in its context; until
// the last one is done.
Interval<Seconds> prefill(const Shape& shape, const Timings& timings, std::uint64_t tokens,
                          std::uint64_t depth, const RunSetup& setup = {});

// Decode of `tokens` of each session one by one, the first at `depth`.
Interval<Seconds> decode(const Shape& shape, const Timings& timings, std::uint64_t tokens,
                         std::uint64_t depth, const RunSetup& setup = {});

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_COST_MODEL_H_
