#include "model/gguf_writer.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "base/checked.h"

namespace tokcast {
namespace {

constexpr std::string_view kAlignmentKey = "general.alignment";
constexpr std::string_view kPaddingKey = "tokcast.padding";
constexpr std::uint64_t kDefaultAlignment = 32;

template <typename Number>
void put(std::string& out, Number number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

void put_string(std::string& out, std::string_view text) {
  put(out, std::uint64_t{text.size()});
  out.append(text);
}

// Puts a number as `To`; false if it does not fit.
template <typename To, typename From>
bool put_as(std::string& out, From number) {
  if constexpr (std::is_integral_v<From> && std::is_integral_v<To>) {
    if (!std::in_range<To>(number)) return false;
  } else if constexpr (std::is_integral_v<To>) {  // a kept element of an integer array
    constexpr double kEnd = 9007199254740992.0;   // 2^53; the reader keeps none beyond
    if (!(std::abs(number) <= kEnd) || std::trunc(number) != number) return false;
    if (number < static_cast<double>(std::numeric_limits<To>::min()) ||
        number > static_cast<double>(std::numeric_limits<To>::max())) {
      return false;
    }
  }
  put(out, static_cast<To>(number));
  return true;
}

template <typename Number>
bool put_number(std::string& out, GgufValueType type, Number number) {
  switch (type) {
    case GgufValueType::kUint8:
      return put_as<std::uint8_t>(out, number);
    case GgufValueType::kInt8:
      return put_as<std::int8_t>(out, number);
    case GgufValueType::kUint16:
      return put_as<std::uint16_t>(out, number);
    case GgufValueType::kInt16:
      return put_as<std::int16_t>(out, number);
    case GgufValueType::kUint32:
      return put_as<std::uint32_t>(out, number);
    case GgufValueType::kInt32:
      return put_as<std::int32_t>(out, number);
    case GgufValueType::kUint64:
      return put_as<std::uint64_t>(out, number);
    case GgufValueType::kInt64:
      return put_as<std::int64_t>(out, number);
    case GgufValueType::kFloat32:
      return put_as<float>(out, number);
    case GgufValueType::kFloat64:
      return put_as<double>(out, number);
    case GgufValueType::kBool:
      return (number == Number{0} || number == Number{1}) && put_as<std::uint8_t>(out, number);
    case GgufValueType::kString:
    case GgufValueType::kArray:
      break;
  }
  return false;
}

bool put_array(std::string& out, const GgufArray& array) {
  put(out, array.element_type);
  put(out, array.count);
  for (const double number : array.numbers) {
    if (!put_number(out, array.element_type, number)) return false;
  }
  return true;
}

// False if the value's kind and its type contradict each other, or the number does not fit the type.
bool put_value(std::string& out, const GgufValue& value) {
  put(out, value.type);
  if (const auto* text = std::get_if<std::string>(&value.value)) {
    put_string(out, *text);
    return value.type == GgufValueType::kString;
  }
  if (const auto* array = std::get_if<GgufArray>(&value.value)) {
    return value.type == GgufValueType::kArray && put_array(out, *array);
  }
  if (const auto* flag = std::get_if<bool>(&value.value)) {
    return value.type == GgufValueType::kBool && put_number(out, value.type, std::uint64_t{*flag});
  }
  if (const auto* number = std::get_if<std::int64_t>(&value.value))
    return put_number(out, value.type, *number);
  if (const auto* number = std::get_if<std::uint64_t>(&value.value))
    return put_number(out, value.type, *number);
  const bool is_float = value.type == GgufValueType::kFloat32 || value.type == GgufValueType::kFloat64;
  return is_float && put_number(out, value.type, std::get<double>(value.value));
}

// Arrays that were read without their elements cannot be written.
bool is_whole(const GgufKeyValue& entry) {
  const auto* array = std::get_if<GgufArray>(&entry.value.value);
  return array == nullptr || array->numbers.size() == array->count;
}

std::vector<GgufKeyValue> metadata_to_write(const GgufHeader& header, bool padded) {
  std::vector<GgufKeyValue> entries;
  for (const GgufKeyValue& entry : header.metadata) {
    if (is_whole(entry) && !(padded && entry.key == kPaddingKey)) entries.push_back(entry);
  }
  if (header.alignment != kDefaultAlignment && header.find(kAlignmentKey) == nullptr) {
    entries.push_back(gguf_uint32(std::string(kAlignmentKey), static_cast<std::uint32_t>(header.alignment)));
  }
  return entries;
}

std::string encode_tensors(const GgufHeader& header) {
  std::string out;
  for (std::size_t i = 0; i < header.tensors.size(); ++i) {
    const Tensor& tensor = header.tensors[i];
    put_string(out, tensor.name);
    put(out, static_cast<std::uint32_t>(tensor.dimensions.size()));
    for (const std::uint64_t length : tensor.dimensions) put(out, length);
    put(out, tensor.type);
    put(out, header.offsets[i]);
  }
  return out;
}

Result<void> check_header(const GgufHeader& header) {
  if (header.offsets.size() != header.tensors.size()) {
    return fail(ErrorKind::kBadInput, "the tensors have not been laid out", "offsets");
  }
  const bool fits = std::in_range<std::uint32_t>(header.alignment) && std::has_single_bit(header.alignment);
  if (!fits || header.find_uint(kAlignmentKey).value_or(header.alignment) != header.alignment) {
    return fail(ErrorKind::kBadInput, fmt::format("the alignment {} cannot be written", header.alignment),
                std::string(kAlignmentKey));
  }
  return {};
}

Result<std::string> encode_metadata(const std::vector<GgufKeyValue>& entries) {
  std::string out;
  for (const GgufKeyValue& entry : entries) {
    put_string(out, entry.key);
    if (!put_value(out, entry.value)) {
      return fail(ErrorKind::kBadInput, "the value does not fit the type it shall have in the file",
                  entry.key);
    }
  }
  return out;
}

// The metadata string that makes a header of `bare` bytes `padded_size` long.
Result<GgufKeyValue> make_padding(std::uint64_t bare, std::uint64_t padded_size, std::uint64_t alignment) {
  const std::uint64_t least = bare + 8 + kPaddingKey.size() + 4 + 8;
  if (padded_size < least || padded_size % alignment != 0) {
    return fail(ErrorKind::kBadInput,
                fmt::format("a header of {} bytes cannot be padded to {} with alignment {}", bare,
                            padded_size, alignment),
                std::string(kPaddingKey));
  }
  return gguf_string(std::string(kPaddingKey), std::string(padded_size - least, ' '));
}

}  // namespace

Result<Bytes> lay_out_tensors(GgufHeader& header) {
  std::vector<std::uint64_t> offsets;
  std::uint64_t end = 0;
  for (const Tensor& tensor : header.tensors) {
    offsets.push_back(end);
    const auto bytes = checked_bytes(tensor);
    const auto next = bytes ? checked_add(end, bytes->value) : std::nullopt;
    const auto padded =
        next && header.alignment != 0 ? checked_round_up(*next, header.alignment) : std::nullopt;
    if (!padded) {
      return fail(ErrorKind::kBadInput, "the tensor's size is impossible or its rows are not whole blocks",
                  tensor.name);
    }
    end = *padded;
  }
  header.offsets = std::move(offsets);
  return Bytes(end);
}

Result<std::string> encode_gguf_header(const GgufHeader& header, std::uint64_t padded_size) {
  constexpr std::uint64_t kPreambleBytes = 4 + 4 + 8 + 8;
  if (const auto checked = check_header(header); !checked) return std::unexpected(checked.error());
  std::vector<GgufKeyValue> entries = metadata_to_write(header, padded_size != 0);
  auto metadata = encode_metadata(entries);
  if (!metadata) return metadata;
  const std::string tensors = encode_tensors(header);
  if (padded_size != 0) {
    auto padding =
        make_padding(kPreambleBytes + metadata->size() + tensors.size(), padded_size, header.alignment);
    if (!padding) return std::unexpected(padding.error());
    entries.push_back(std::move(*padding));
    *metadata += *encode_metadata({entries.back()});
  }
  std::string out = "GGUF";
  put(out, std::uint32_t{3});
  put(out, std::uint64_t{header.tensors.size()});
  put(out, std::uint64_t{entries.size()});
  out += *metadata + tensors;
  out.append((header.alignment - out.size() % header.alignment) % header.alignment, '\0');
  return out;
}

}  // namespace tokcast
