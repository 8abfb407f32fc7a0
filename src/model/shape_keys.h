// Typed, range-checked access to a header's hyper-parameters ("<architecture>.<key>").
#ifndef TOKCAST_MODEL_SHAPE_KEYS_H_
#define TOKCAST_MODEL_SHAPE_KEYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/gguf.h"

namespace tokcast {

struct Range {
  std::uint32_t least = 0;
  std::uint32_t most = 0;
};

// Errors of all: kBadInput with the full key as place if a value is missing, no whole number, or out of
// range.
class ShapeKeys {
 public:
  // The header must outlive this.
  ShapeKeys(const GgufHeader& header, std::string architecture)
      : header_(header), architecture_(std::move(architecture)) {}

  std::string full(std::string_view key) const;
  bool has(std::string_view key) const { return header_.find(full(key)) != nullptr; }
  bool is_array(std::string_view key) const;

  Result<std::uint32_t> required(std::string_view key, Range range) const;
  // nullopt if the key is missing.
  Result<std::optional<std::uint32_t>> optional(std::string_view key, Range range) const;
  // One number for each layer, from an array (which may be longer) or from one number that stands for all;
  // empty if the key is missing.
  Result<std::vector<std::uint32_t>> per_layer(std::string_view key, std::uint32_t layers, Range range) const;

  std::unexpected<Error> bad(std::string_view key, std::string message) const;

 private:
  const GgufHeader& header_;
  std::string architecture_;
};

}  // namespace tokcast

#endif  // TOKCAST_MODEL_SHAPE_KEYS_H_
