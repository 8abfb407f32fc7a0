// From a rehearsal's samples to the full model's timings: pure, repeatable.
//
//   quiet(test, skeleton)  = first quartile of its samples: the machine's own speed
//   full(test)             = small + (large - small) * (work(full) - work(small)) / (work(large) - work(small))
//   share lost             = mean of samples / quiet - 1, over all of a kind: what others cost now
//   expected               = full * (1 + share lost)
//
// Work is bytes read for decode, active parameters for prefill, keys and values for depth. The interval combines the
// bootstrap of the samples, the drift between rounds and a floor for what skeletons cannot show; contention widens
// its upper end. docs/FORECAST.md derives it, docs/ACCURACY.md measures it.
#ifndef TOKCAST_REHEARSE_EXTEND_H_
#define TOKCAST_REHEARSE_EXTEND_H_

#include "base/result.h"
#include "forecast/timings.h"
#include "model/shape.h"
#include "rehearse/rehearsal.h"

namespace tokcast {

// Errors: kBadInput if the rehearsal lacks a round, or is of another shape.
Result<Timings> extend(const Shape& shape, const Rehearsal& rehearsal);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_EXTEND_H_
