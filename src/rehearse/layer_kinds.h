// Kinds of layers: those with the same tensors in the same types and the same attention cost the same.
#ifndef TOKCAST_REHEARSE_LAYER_KINDS_H_
#define TOKCAST_REHEARSE_LAYER_KINDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "model/shape.h"

namespace tokcast {

struct LayerKindFacts {
  std::string position;          // what the engine decides by position: window, recurrence, experts
  std::string window_blind;      // the same without the window
  std::uint64_t bytes = 0;       // of its tensors
  double decode_bytes = 0;       // read for one token: chosen experts only
  double active_parameters = 0;  // likewise
};

struct LayerKinds {
  std::vector<LayerKindFacts> kinds{};
  std::vector<std::size_t> of_layer{};  // index into kinds, for each of Shape::layers

  const LayerKindFacts& facts(std::size_t layer) const { return kinds[of_layer[layer]]; }
  // How many of each kind stand in `layers` (layers of the full model, with repetition).
  std::vector<double> count(const std::vector<std::uint32_t>& layers) const;
};

LayerKinds layer_kinds(const Shape& shape);

// 0, 1, ... for every layer of the shape.
std::vector<std::uint32_t> all_layers(const Shape& shape);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_LAYER_KINDS_H_
