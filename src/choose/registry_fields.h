// Members of a registry's JSON, each checked, each error with the JSON pointer of what is wrong.
#ifndef TOKCAST_CHOOSE_REGISTRY_FIELDS_H_
#define TOKCAST_CHOOSE_REGISTRY_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tokcast {

// One object of the document. Members are taken one by one; the first that is wrong is remembered, and what
// is taken after it is of no use: ask error() at the end. A member that is absent or null is nullopt or
// empty.
class RegistryFields {
 public:
  // `json` must outlive it. Something else than an object is an error.
  RegistryFields(const Json& json, std::string pointer);

  std::optional<double> number(std::string_view key, double least, double most);
  std::optional<std::int64_t> whole(std::string_view key, std::int64_t least, std::int64_t most);
  std::optional<bool> flag(std::string_view key);
  // One line that may be shown; at most 2,048 bytes.
  std::string text(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  // nullptr: absent or null.
  const Json* member(std::string_view key) const;

  void refuse(std::string_view key, std::string message, std::string fix = {});
  const std::optional<Error>& error() const { return error_; }
  std::string pointer(std::string_view key) const;
  const Json& json() const { return json_; }

 private:
  bool is_text(const Json& value) const;

  const Json& json_;
  std::string pointer_;
  std::optional<Error> error_{};
};

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_REGISTRY_FIELDS_H_
