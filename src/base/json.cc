#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tokcast {
namespace {

// What parsing and destruction cost, told before they begin: nlohmann::json recurses once for each level when
// it is destroyed (llama.cpp PR 27434 shows what happens else), and ordered_json compares every key with all
// that came before it in the same object: 65 536 keys, 0.7 MB, took six seconds.
struct Extent {
  std::size_t depth = 0;  // the deepest nesting of brackets
  std::size_t keys = 0;   // the most of one object
};

// Looks no further than where `most_depth` is exceeded.
Extent extent_of(std::string_view text, std::size_t most_depth) {
  Extent extent;
  std::vector<std::size_t> open;  // for each bracket that is not closed yet, the keys so far
  bool in_string = false;
  for (std::size_t i = 0; i < text.size() && extent.depth <= most_depth; ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '[' || c == '{') open.push_back(0);
    if ((c == ']' || c == '}') && !open.empty()) open.pop_back();
    if (c == ':' && !open.empty()) extent.keys = std::max(extent.keys, ++open.back());
    extent.depth = std::max(extent.depth, open.size());
  }
  return extent;
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
  const Extent extent = extent_of(text, limits.depth);
  if (extent.depth > limits.depth) {
    return fail(ErrorKind::kBadInput, fmt::format("JSON nested deeper than {} levels", limits.depth),
                std::string(place));
  }
  if (extent.keys > limits.keys) {
    return fail(ErrorKind::kBadInput, fmt::format("JSON object with more than {} keys", limits.keys),
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
