// What a model's parts are expected to cost before anything is measured: in proportion to their work, each
// uncertain by itself. extrapolate.h corrects it by two measurements; docs/FORECAST.md, "From samples to the
// whole model", has the reasons.
#ifndef TOKCAST_REHEARSE_PRIOR_COSTS_H_
#define TOKCAST_REHEARSE_PRIOR_COSTS_H_

#include <cstdint>
#include <vector>

#include "engine/bench.h"
#include "model/shape.h"
#include "rehearse/extrapolate.h"
#include "rehearse/layer_kinds.h"

namespace tokcast {

// What lies outside the layers, then one layer of each kind. Work of a decode is bytes read, of a prefill
// parameters times tokens.
std::vector<Unknown> prior_costs(const Shape& shape, const LayerKinds& kinds, const BenchTest& test);

// How often these enter a run of `layers`, in the same order; in a prefill without the last layer, most of
// which meets one token and counts as outside.
Composition composition(const LayerKinds& kinds, std::vector<std::uint32_t> layers, const BenchTest& test);

// What of the work outside the layers is the output matrix's, from 0 to 1, in a prefill: it meets the last
// token alone.
double output_share(const Shape& shape, const LayerKinds& kinds, const BenchTest& prefill);

// Bytes that one token of a decode reads outside the layers; at least 1.
double outside_decode_bytes(const Shape& shape, const LayerKinds& kinds);

// Keys and values looked at in these layers with `depth` tokens in the context.
double attention_work(const Shape& shape, const std::vector<std::uint32_t>& layers, double depth);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_PRIOR_COSTS_H_
