// Random weights that are legal in every tensor type: finite block scales, no denormals, means near zero.
//
// Speed does not depend on the values as long as they are legal; means near zero keep activations finite
// through many layers and let a mixture's router see different hidden states, so that its experts spread.
#ifndef TOKCAST_REHEARSE_RANDOM_WEIGHTS_H_
#define TOKCAST_REHEARSE_RANDOM_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/ggml_type.h"

namespace tokcast {

// `blocks` blocks of this type, the same for the same seed.
std::vector<std::byte> random_blocks(GgmlType type, std::uint64_t blocks, std::uint64_t seed);

// All elements of a tensor that is kept in F32: norms are 1, the rest random around 0. `name` tells which.
std::vector<std::byte> random_f32(std::string_view name, std::uint64_t elements, std::uint64_t seed);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_RANDOM_WEIGHTS_H_
