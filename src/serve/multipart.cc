#include "serve/multipart.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::size_t kMostFields = 32;
constexpr std::size_t kLongestHeader = 4096;
constexpr std::size_t kLongestBoundary = 70;  // RFC 2046, 5.1.1

Error bad(std::string message) {
  return {ErrorKind::kBadInput, std::move(message), "form"};
}

// The value of NAME="value" or NAME=value among the parameters of a header's line.
std::optional<std::string> parameter(std::string_view line, std::string_view name) {
  std::size_t at = line.find(';');
  while (at != std::string_view::npos) {
    std::string_view rest = trim(line.substr(at + 1));
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const bool is_it = equals_ignoring_case(trim(rest.substr(0, equals)), name);
    rest = rest.substr(equals + 1);
    std::string value;
    std::size_t end = 0;
    if (rest.starts_with('"')) {
      for (end = 1; end < rest.size() && rest[end] != '"'; ++end) {
        if (rest[end] == '\\' && end + 1 < rest.size()) ++end;
        value += rest[end];
      }
      if (end >= rest.size()) return std::nullopt;
    } else {
      end = std::min(rest.find(';'), rest.size());
      value = std::string(trim(rest.substr(0, end)));
    }
    if (is_it) return value;
    at = rest.find(';', end);
    line = rest;
  }
  return std::nullopt;
}

Result<FormField> read_field(std::string_view part) {
  const auto end = part.substr(0, kLongestHeader).find("\r\n\r\n");
  if (end == std::string_view::npos) return std::unexpected(bad("a part has no end of its header"));
  FormField out{.content = part.substr(end + 4)};
  for (const std::string_view line : split(part.substr(0, end), '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (!equals_ignoring_case(trim(line.substr(0, colon)), "Content-Disposition")) continue;
    out.name = parameter(line, "name").value_or("");
    out.file_name = parameter(line, "filename").value_or("");
  }
  if (out.name.empty()) return std::unexpected(bad("a part has no name"));
  return out;
}

Result<std::string> read_boundary(std::string_view content_type) {
  const auto kind = trim(content_type.substr(0, content_type.find(';')));
  if (!equals_ignoring_case(kind, "multipart/form-data")) {
    return std::unexpected(bad("this must be sent as multipart/form-data"));
  }
  auto out = parameter(content_type, "boundary");
  if (!out || out->empty() || out->size() > kLongestBoundary) {
    return std::unexpected(bad("its boundary is missing or too long"));
  }
  return std::move(*out);
}

}  // namespace

Result<std::vector<FormField>> read_multipart(std::string_view content_type, std::string_view body) {
  const auto boundary = read_boundary(content_type);
  if (!boundary) return std::unexpected(boundary.error());
  const std::string delimiter = "\r\n--" + *boundary;
  // The first one has no line before it.
  if (!body.starts_with(std::string_view(delimiter).substr(2))) {
    return std::unexpected(bad("it does not begin with its boundary"));
  }
  body.remove_prefix(delimiter.size() - 2);
  std::vector<FormField> out;
  while (!body.starts_with("--")) {
    if (!body.starts_with("\r\n")) return std::unexpected(bad("a boundary has no end of its line"));
    body.remove_prefix(2);
    const auto end = body.find(delimiter);
    if (end == std::string_view::npos) return std::unexpected(bad("its last part has no end"));
    if (out.size() >= kMostFields) {
      return std::unexpected(bad(fmt::format("it has more than {} parts", kMostFields)));
    }
    auto field = read_field(body.substr(0, end));
    if (!field) return std::unexpected(field.error());
    out.push_back(std::move(*field));
    body.remove_prefix(end + delimiter.size());
  }
  return out;
}

}  // namespace tokcast
