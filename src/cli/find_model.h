// MODEL on the command line, be it here or elsewhere.
#ifndef TOKCAST_CLI_FIND_MODEL_H_
#define TOKCAST_CLI_FIND_MODEL_H_

#include <string>

#include "base/result.h"
#include "fetch/http.h"
#include "model/shape.h"

namespace tokcast {

// What `--help` says of MODEL.
constexpr const char* kModelHelp = "GGUF file, catalogue id or user/repo[:QUANT]";

// Says on a terminal when it has to ask the network. Errors: those of find_shape and
// RemoteModels::find_shape.
Result<Shape> find_model(const std::string& name);
// A model elsewhere, asked for by `client`.
Result<Shape> find_remote_model(const std::string& name, HttpClient& client);

}  // namespace tokcast

#endif  // TOKCAST_CLI_FIND_MODEL_H_
