// MODEL on the command line: what it may be called, and the shape behind the name.
//
//   path/to/file.gguf        a GGUF file, or the first part of a split one; a header without weights will do
//   llama-2-13b-chat         a catalogue id, in the mix Q4_K_M
//   llama-2-13b-chat:Q8_0    in another mix
//
// Names of models that are elsewhere (is_remote_name) are the business of fetch/remote_model.h.
#ifndef TOKCAST_MODEL_NAMING_H_
#define TOKCAST_MODEL_NAMING_H_

#include <string>

#include "base/result.h"
#include "model/shape.h"

namespace tokcast {

// Errors: kNotFound (no such file or id; the nearest id as fix), kUsage (unknown mix), kUnsupported (a name
// of a model that is elsewhere), and those of the reader and shape_from_header.
Result<Shape> find_shape(const std::string& name);

// Where quantised files of a catalogue id lie, for those who fetch them: "user/repo", or "user/repo:Q8_0" if
// a mix was named. Errors: kNotFound (no such id, with the nearest as fix; no repository is known for it).
Result<std::string> repository_of_id(const std::string& name);

// "user/repo", "hf://...", "https://...": a model on a hub or at an address, and no file that is here.
bool is_remote_name(const std::string& name);

// The mix when none is named.
constexpr std::string_view kDefaultMix = "Q4_K_M";

}  // namespace tokcast

#endif  // TOKCAST_MODEL_NAMING_H_
