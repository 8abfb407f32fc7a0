#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace tokcast {
namespace {

// The deepest nesting of brackets outside strings. nlohmann::json recurses on destruction, so depth must be
// known before parsing (llama.cpp PR 27434 shows what happens else).
int nesting_depth(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if (c == ']' || c == '}') --depth;
  }
  return deepest;
}

std::string position(std::string_view place, std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto line_start = before.rfind('\n');
  const auto column = before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1);
  return fmt::format("{}: line {}, column {}", place, line, column);
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view place, JsonLimits limits) {
  if (text.size() > limits.size.value) {
    return fail(ErrorKind::kBadInput, fmt::format("JSON document larger than {}", limits.size.value),
                std::string(place));
  }
  if (nesting_depth(text) > limits.depth) {
    return fail(ErrorKind::kBadInput, fmt::format("JSON nested deeper than {} levels", limits.depth),
                std::string(place));
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    return fail(ErrorKind::kBadInput, "not valid JSON", position(place, text, error.byte));
  } catch (const Json::out_of_range&) {
    return fail(ErrorKind::kBadInput, "JSON with a number that is out of range", std::string(place));
  }
}

}  // namespace tokcast
