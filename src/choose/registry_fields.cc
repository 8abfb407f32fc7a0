#include "choose/registry_fields.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::size_t kMostText = 2048;
constexpr std::size_t kMostTexts = 256;

}  // namespace

RegistryFields::RegistryFields(const Json& json, std::string pointer)
    : json_(json), pointer_(std::move(pointer)) {
  if (!json_.is_object()) {
    error_ = Error{ErrorKind::kBadInput, "this is no object", pointer_, "Write { ... } there."};
  }
}

std::string RegistryFields::pointer(std::string_view key) const {
  return pointer_ + "/" + printable(key);
}

void RegistryFields::refuse(std::string_view key, std::string message, std::string fix) {
  if (!error_) error_ = Error{ErrorKind::kBadInput, std::move(message), pointer(key), std::move(fix)};
}

const Json* RegistryFields::member(std::string_view key) const {
  if (!json_.is_object()) return nullptr;
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<double> RegistryFields::number(std::string_view key, double least, double most) {
  const Json* value = member(key);
  if (value == nullptr) return std::nullopt;
  const double number = value->is_number() ? value->get<double>() : std::nan("");
  // Written so that what is no number fails, too.
  if (!(number >= least && number <= most)) {
    refuse(key, fmt::format("this is no number from {} to {}", least, most));
    return std::nullopt;
  }
  return number;
}

std::optional<std::int64_t> RegistryFields::whole(std::string_view key, std::int64_t least,
                                                  std::int64_t most) {
  const auto value = number(key, static_cast<double>(least), static_cast<double>(most));
  if (!value) return std::nullopt;
  if (*value != std::floor(*value)) {
    refuse(key, "this is no whole number");
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*value);
}

std::optional<bool> RegistryFields::flag(std::string_view key) {
  const Json* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  refuse(key, "this is neither true nor false");
  return std::nullopt;
}

bool RegistryFields::is_text(const Json& value) const {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() <= kMostText && printable(text) == text;
}

std::string RegistryFields::text(std::string_view key) {
  const Json* value = member(key);
  if (value == nullptr) return {};
  if (is_text(*value)) return value->get<std::string>();
  refuse(key, fmt::format("this is no text of at most {} bytes in one line", kMostText),
         "Remove line ends and control characters.");
  return {};
}

std::vector<std::string> RegistryFields::texts(std::string_view key) {
  const Json* value = member(key);
  if (value == nullptr) return {};
  std::vector<std::string> out;
  if (!value->is_array() || value->size() > kMostTexts) {
    refuse(key, fmt::format("this is no list of at most {} texts", kMostTexts));
    return out;
  }
  for (const Json& one : *value) {
    if (is_text(one))
      out.push_back(one.get<std::string>());
    else
      refuse(key, "this list holds something that is no text in one line");
  }
  return out;
}

}  // namespace tokcast
