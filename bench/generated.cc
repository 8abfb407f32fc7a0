#include "bench/generated.h"

#include <fmt/format.h>

namespace tokcast {
namespace {

struct Place {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::optional<Place> place_of(std::string_view document, std::string_view name) {
  const std::string first = fmt::format("<!-- generated: {} -->\n", name);
  const auto start = document.find(first);
  if (start == std::string_view::npos) return std::nullopt;
  const std::size_t begin = start + first.size();
  const auto end = document.find(fmt::format("<!-- end: {} -->", name), begin);
  if (end == std::string_view::npos) return std::nullopt;
  return Place{begin, end};
}

}  // namespace

std::optional<std::string> generated_block(std::string_view document, std::string_view name) {
  const auto place = place_of(document, name);
  if (!place) return std::nullopt;
  return std::string(document.substr(place->begin, place->end - place->begin));
}

Result<std::string> with_generated_block(std::string_view document, std::string_view name,
                                         std::string_view content) {
  const auto place = place_of(document, name);
  if (!place) {
    return fail(ErrorKind::kBadInput, fmt::format("no block '{}' to be written", name), "",
                fmt::format("Put <!-- generated: {} --> and <!-- end: {} --> where it belongs.", name, name));
  }
  std::string out(document.substr(0, place->begin));
  out += content;
  if (!content.ends_with('\n')) out += "\n";
  return out + std::string(document.substr(place->end));
}

}  // namespace tokcast
