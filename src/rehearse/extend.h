// From a rehearsal's samples to the full model's timings: pure, repeatable.
//
//   quiet(test, skeleton) = first quartile of its samples: the machine's own speed
//   whole(test)           = extrapolated from the two quiet times (extrapolate.h)
//   share lost            = mean of samples / quiet - 1, over all of a kind: what others cost just now
//   expected              = whole x (1 + share lost)
//
// A full micro-batch and depth are run on the large skeleton only; they scale by what is known from the
// rounds. The interval combines the extrapolation's own deviation (sampling noise and what two skeletons
// leave open), the drift between rounds and a floor for what skeletons cannot show; contention widens its
// upper end. docs/FORECAST.md derives it, docs/ACCURACY.md measures it.
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
