// JSON at the edges: nlohmann::json behind a guard against deep, huge and costly documents.
#ifndef TOKCAST_BASE_JSON_H_
#define TOKCAST_BASE_JSON_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

using Json = nlohmann::ordered_json;

struct JsonLimits {
  Bytes size{64 * kMebi.value};
  std::size_t depth = 64;
  std::size_t keys = 4096;  // of one object
};

// Parses one document. `place` names the source in errors. Errors: kBadInput with line and column; never
// throws, never echoes the input.
Result<Json> parse_json(std::string_view text, std::string_view place, JsonLimits limits = {});

}  // namespace tokcast

#endif  // TOKCAST_BASE_JSON_H_
