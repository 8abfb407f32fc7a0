// A builder of GGUF metadata for one catalogue row: puts the architecture's name before each key.
#ifndef TOKCAST_MODEL_HYPERPARAMETER_KEYS_H_
#define TOKCAST_MODEL_HYPERPARAMETER_KEYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/catalogue.h"

namespace tokcast {

class HyperparameterKeys {
 public:
  // The row must outlive the builder.
  explicit HyperparameterKeys(const CatalogueRow& row) : row_(row) {}

  const CatalogueRow& row() const { return row_; }

  // Each adds "<architecture>.<suffix>".
  void add(std::string_view suffix, std::uint32_t number);
  void add_real(std::string_view suffix, float number);
  void add_flag(std::string_view suffix, bool flag);
  void add_flags(std::string_view suffix, const std::vector<bool>& flags);
  void add_array(std::string_view suffix, const std::vector<std::uint32_t>& numbers);
  // One number if all layers have the same, else an array; nothing if there is none.
  void add_per_layer(std::string_view suffix, const std::vector<std::uint32_t>& numbers);
  // Adds a pair whose key has no architecture in it.
  void add_pair(GgufKeyValue pair) { pairs_.push_back(std::move(pair)); }

  // A number of the row's tensor_flags; nullopt if it has none of that name.
  std::optional<std::uint32_t> fact(std::string_view name) const;
  // The kind of each layer as a letter (tensor_flags "pattern"); empty if all are alike.
  std::string pattern() const;

  std::vector<GgufKeyValue> take() && { return std::move(pairs_); }

 private:
  std::string key(std::string_view suffix) const;

  const CatalogueRow& row_;
  std::vector<GgufKeyValue> pairs_;
};

// What an architecture's loader asks for beyond the keys that all architectures share.
using ExtraKeys = void (*)(HyperparameterKeys&);

// nullptr if it asks for nothing more.
ExtraKeys extra_keys(std::string_view architecture);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_HYPERPARAMETER_KEYS_H_
