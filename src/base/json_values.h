// Values that may be unknown, as JSON: null, never 0 or "".
#ifndef TOKCAST_BASE_JSON_VALUES_H_
#define TOKCAST_BASE_JSON_VALUES_H_

#include <optional>
#include <string>

#include "base/json.h"
#include "base/units.h"

namespace tokcast {

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// The number alone: a key carries the unit.
template <typename Tag, typename Number>
Json or_null(const std::optional<Unit<Tag, Number>>& value) {
  return value ? Json(value->value) : Json();
}

// For texts that are empty where they are not known.
inline Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace tokcast

#endif  // TOKCAST_BASE_JSON_VALUES_H_
