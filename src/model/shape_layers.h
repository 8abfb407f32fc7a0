// The layers of a model, one by one, from its hyper-parameters and the names of its tensors.
#ifndef TOKCAST_MODEL_SHAPE_LAYERS_H_
#define TOKCAST_MODEL_SHAPE_LAYERS_H_

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/architecture.h"
#include "model/shape.h"
#include "model/shape_keys.h"

namespace tokcast {

// Is it one expert's or all experts' weights (and not those of a shared expert or the router)?
bool is_expert_tensor(std::string_view name);

// Does it belong to a layer that keeps a state instead of keys and values?
bool is_recurrent_tensor(std::string_view name);

// The first `count` layers. Errors: kBadInput with the offending key.
Result<std::vector<LayerShape>> read_layers(const GgufHeader& header, const ShapeKeys& keys,
                                            const Architecture& architecture, std::uint32_t count,
                                            std::uint32_t embedding_length);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_SHAPE_LAYERS_H_
