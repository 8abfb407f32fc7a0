// What a full micro-batch costs against a quarter of it, in the layers of a model.
//
// The output matrix meets the last token alone, however long a batch is; a skeleton has more of it for each
// layer than the whole. So it is taken off both sides before they are compared.
#ifndef TOKCAST_REHEARSE_BATCH_GROWTH_H_
#define TOKCAST_REHEARSE_BATCH_GROWTH_H_

#include <optional>

#include "forecast/interval.h"
#include "model/shape.h"
#include "rehearse/statistics.h"

namespace tokcast {

// Prefills by one process, in seconds, and the part of both that does not grow.
struct BatchSeen {
  double quarter = 0;
  double full = 0;
  double constant = 0;
};

// How many times a quarter's cost a full micro-batch is: what was seen of a skeleton, combined with what it
// is of all models; the latter alone if nothing was seen.
Estimate batch_growth(const Shape& shape, const std::optional<BatchSeen>& seen);

// A full micro-batch of the whole model, from its prefill of a quarter, of which `constant` seconds do not
// grow.
Interval<Seconds> full_batch(const Interval<Seconds>& quarter, double constant, const Estimate& growth);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_BATCH_GROWTH_H_
