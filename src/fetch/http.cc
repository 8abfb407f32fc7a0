#include "fetch/http.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace tokcast {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::optional<std::string> find_header(const Headers& headers, std::string_view name) {
  const auto found = std::ranges::find(headers, name, &Headers::value_type::first);
  return found == headers.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::optional<std::string> HttpHead::header(std::string_view name) const {
  return find_header(headers, name);
}

std::optional<std::string> HttpHead::linked_header(std::string_view name) const {
  return find_header(linked, name);
}

std::optional<Bytes> HttpHead::length() const {
  const auto text = header("content-length");
  const auto number = text ? parse_uint(*text) : std::nullopt;
  return number ? std::optional(Bytes(*number)) : std::nullopt;
}

HttpOptions http_options_from_environment() {
  HttpOptions out;
  for (const char* variable : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    if (const char* file = getenv(variable); file != nullptr && out.certificates.empty())
      out.certificates = file;
  }
  return out;
}

bool is_offline() {
  const char* set = getenv("HF_HUB_OFFLINE");
  const std::string value = lower(set == nullptr ? "" : set);
  return value == "1" || value == "on" || value == "yes" || value == "true";
}

}  // namespace tokcast
