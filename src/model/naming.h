// MODEL on the command line: what it may be called, and the shape behind the name.
//
//   path/to/file.gguf            a GGUF file, or the first part of a split one; a header without weights is
//   enough llama-2-13b-chat             a catalogue id, in the mix Q4_K_M llama-2-13b-chat:Q8_0        in
//   another mix
#ifndef TOKCAST_MODEL_NAMING_H_
#define TOKCAST_MODEL_NAMING_H_

#include <string>

#include "base/result.h"
#include "model/shape.h"

namespace tokcast {

// Errors: kNotFound (no such file or id; the nearest id as fix), kUsage (unknown mix), kUnsupported (a name
// on a hub or an address: reading remote headers is not built yet), and those of the reader and
// shape_from_header.
Result<Shape> find_shape(const std::string& name);

// The mix when none is named.
constexpr std::string_view kDefaultMix = "Q4_K_M";

}  // namespace tokcast

#endif  // TOKCAST_MODEL_NAMING_H_
