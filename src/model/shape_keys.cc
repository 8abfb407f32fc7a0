#include "model/shape_keys.h"

#include <fmt/format.h>

#include <cmath>

namespace tokcast {
namespace {

const GgufArray* array_in(const GgufValue* value) {
  return value == nullptr ? nullptr : std::get_if<GgufArray>(&value->value);
}

bool lies_in(double number, Range range) {
  return number >= range.least && number <= range.most && std::trunc(number) == number;
}

}  // namespace

std::string ShapeKeys::full(std::string_view key) const {
  return fmt::format("{}.{}", architecture_, key);
}

bool ShapeKeys::is_array(std::string_view key) const {
  return array_in(header_.find(full(key))) != nullptr;
}

Result<std::uint32_t> ShapeKeys::required(std::string_view key, Range range) const {
  const auto number = optional(key, range);
  if (!number) return std::unexpected(number.error());
  if (!*number) return bad(key, "the hyper-parameter is missing");
  return **number;
}

Result<std::optional<std::uint32_t>> ShapeKeys::optional(std::string_view key, Range range) const {
  if (!has(key)) return std::nullopt;
  const auto number = header_.find_uint(full(key));
  if (!number) return bad(key, "the hyper-parameter is not a whole number from 0");
  if (*number < range.least || *number > range.most) {
    return bad(key, fmt::format("{} is not from {} to {}", *number, range.least, range.most));
  }
  return static_cast<std::uint32_t>(*number);
}

Result<std::vector<std::uint32_t>> ShapeKeys::per_layer(std::string_view key, std::uint32_t layers,
                                                        Range range) const {
  if (!has(key)) return std::vector<std::uint32_t>{};
  if (!is_array(key)) {
    const auto number = required(key, range);
    if (!number) return std::unexpected(number.error());
    return std::vector<std::uint32_t>(layers, *number);
  }
  const GgufArray& array = *array_in(header_.find(full(key)));
  if (array.numbers.size() < layers) {
    return bad(key,
               fmt::format("it has {} numbers, but the model has {} layers", array.numbers.size(), layers));
  }
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t layer = 0; layer < layers; ++layer) {
    if (!lies_in(array.numbers[layer], range)) {
      return bad(key,
                 fmt::format("the number of layer {} is not from {} to {}", layer, range.least, range.most));
    }
    numbers.push_back(static_cast<std::uint32_t>(array.numbers[layer]));
  }
  return numbers;
}

std::unexpected<Error> ShapeKeys::bad(std::string_view key, std::string message) const {
  return fail(ErrorKind::kBadInput, std::move(message), full(key),
              "The file is damaged or was made by a faulty program: get another copy.");
}

}  // namespace tokcast
