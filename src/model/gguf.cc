#include "model/gguf.h"

#include <algorithm>
#include <limits>

#include "base/checked.h"
#include "model/tensor_names.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kMaxSigned = std::numeric_limits<std::int64_t>::max();

std::optional<std::uint64_t> product(const Dimensions& factors) {
  std::optional<std::uint64_t> result = 1;
  for (const std::uint64_t factor : factors) {
    if (result) result = checked_multiply(*result, factor);
  }
  return result;
}

constexpr std::string_view kLayerPrefix = "blk.";

// "7" of "blk.7.attn_k.weight" or "blk.7"; empty for names of another form and for numbers beyond all layers.
std::string_view layer_digits(std::string_view name) {
  constexpr std::size_t kMostDigits = 9;  // fit 32 bits
  const std::size_t start = kLayerPrefix.size();
  if (name.size() <= start || name[0] != 'b' || name[1] != 'l' || name[2] != 'k' || name[3] != '.') return {};
  std::size_t end = start;
  while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
  const bool whole = end == name.size() || name[end] == '.';
  return whole && end - start <= kMostDigits ? name.substr(start, end - start) : std::string_view();
}

GgufKeyValue array_of(std::string key, GgufValueType type, std::vector<double> numbers) {
  GgufArray array{type, numbers.size(), std::move(numbers)};
  array.payload_bytes = array.count * value_bytes(type).value_or(0);
  return {std::move(key), {GgufValueType::kArray, std::move(array)}};
}

}  // namespace

std::uint64_t Tensor::elements() const {
  return product(dimensions).value_or(std::numeric_limits<std::uint64_t>::max());
}

Bytes Tensor::bytes() const {
  return checked_bytes(*this).value_or(Bytes(std::numeric_limits<std::uint64_t>::max()));
}

// By hand, as these two are asked for every tensor many times over.
std::optional<std::uint32_t> Tensor::layer() const {
  const std::string_view digits = layer_digits(name);
  if (digits.empty()) return std::nullopt;
  std::uint32_t number = 0;
  for (const char digit : digits) number = 10 * number + static_cast<std::uint32_t>(digit - '0');
  return number;
}

std::string_view name_in_layer(std::string_view name) {
  const std::size_t end = kLayerPrefix.size() + layer_digits(name).size();
  return end > kLayerPrefix.size() && end < name.size() ? name.substr(end + 1) : name;
}

std::optional<Bytes> checked_bytes(const Tensor& tensor) {
  if (tensor.dimensions.empty() || tensor.dimensions.size() > 4) return std::nullopt;
  const auto elements = product(tensor.dimensions);
  if (!elements || *elements == 0 || *elements > kMaxSigned) return std::nullopt;
  const std::uint64_t row = tensor.dimensions.front();
  const auto one_row = row_bytes(tensor.type, row);
  const auto bytes = one_row ? checked_multiply(*one_row, *elements / row) : std::nullopt;
  if (!bytes || *bytes > kMaxSigned) return std::nullopt;
  return Bytes(*bytes);
}

std::optional<std::uint64_t> value_bytes(GgufValueType type) {
  switch (type) {
    case GgufValueType::kUint8:
    case GgufValueType::kInt8:
    case GgufValueType::kBool:
      return 1;
    case GgufValueType::kUint16:
    case GgufValueType::kInt16:
      return 2;
    case GgufValueType::kUint32:
    case GgufValueType::kInt32:
    case GgufValueType::kFloat32:
      return 4;
    case GgufValueType::kUint64:
    case GgufValueType::kInt64:
    case GgufValueType::kFloat64:
      return 8;
    case GgufValueType::kString:
    case GgufValueType::kArray:
      break;
  }
  return std::nullopt;
}

const GgufValue* GgufHeader::find(std::string_view key) const {
  const auto found = std::ranges::find(metadata, key, &GgufKeyValue::key);
  return found == metadata.end() ? nullptr : &found->value;
}

std::optional<std::uint64_t> GgufHeader::find_uint(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<std::uint64_t>(&value->value)) return *number;
  const auto* number = std::get_if<std::int64_t>(&value->value);
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<double> GgufHeader::find_double(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<double>(&value->value)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value->value)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value->value)) return static_cast<double>(*number);
  return std::nullopt;
}

std::optional<std::string> GgufHeader::find_string(std::string_view key) const {
  const GgufValue* value = find(key);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(&value->value);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

GgufKeyValue gguf_uint32(std::string key, std::uint32_t number) {
  return {std::move(key), {GgufValueType::kUint32, std::uint64_t{number}}};
}

GgufKeyValue gguf_float32(std::string key, float number) {
  return {std::move(key), {GgufValueType::kFloat32, double{number}}};
}

GgufKeyValue gguf_bool(std::string key, bool flag) {
  return {std::move(key), {GgufValueType::kBool, flag}};
}

GgufKeyValue gguf_string(std::string key, std::string text) {
  return {std::move(key), {GgufValueType::kString, std::move(text)}};
}

GgufKeyValue gguf_int32_array(std::string key, const std::vector<std::int32_t>& numbers) {
  return array_of(std::move(key), GgufValueType::kInt32, {numbers.begin(), numbers.end()});
}

GgufKeyValue gguf_bool_array(std::string key, const std::vector<bool>& flags) {
  return array_of(std::move(key), GgufValueType::kBool, {flags.begin(), flags.end()});
}

GgufKeyValue gguf_float32_array(std::string key, const std::vector<float>& numbers) {
  return array_of(std::move(key), GgufValueType::kFloat32, {numbers.begin(), numbers.end()});
}

}  // namespace tokcast
