// Which layers a skeleton keeps: two counts, the small one a prefix of the large one, every kind of layer in
// proportion in what the large one adds.
//
// The difference of the two runs is what so many layers cost; the rest of the model is extended from it, so
// the difference must look like the rest. Engines decide some things by a layer's position (sliding windows),
// so a layer may only stand where its position means the same.
#ifndef TOKCAST_REHEARSE_LAYER_PLAN_H_
#define TOKCAST_REHEARSE_LAYER_PLAN_H_

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "model/shape.h"

namespace tokcast {

struct LayerPlan {
  std::vector<std::uint32_t> large{};  // layers of the full model, in skeleton order
  std::uint32_t small_count = 0;       // the small skeleton is the first so many of `large`
  Bytes bytes{};                       // of the large skeleton's tensors: all that is written

  std::vector<std::uint32_t> small() const { return {large.begin(), large.begin() + small_count}; }
};

// Bytes that a rehearsal of this shape should write: 15 % of the model and a gibibyte at most; more than 15 %
// for small models (they fit the last-level cache otherwise and cost little time), but never more than 60 %.
// The fewest layers that a plan needs may exceed it.
Bytes rehearsal_byte_budget(const Shape& shape);

// Errors: kUnsupported for shapes that are not modelled, or with fewer layers than two of each kind.
Result<LayerPlan> plan_layers(const Shape& shape, Bytes byte_budget);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_LAYER_PLAN_H_
