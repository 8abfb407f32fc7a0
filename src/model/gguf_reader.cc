// One short function for each section of the format; all bytes come through GgufCursor.
#include "model/gguf_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "base/checked.h"
#include "base/text.h"
#include "model/gguf_cursor.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kMaxTensorNameBytes = 63;  // GGML_MAX_NAME without its NUL
constexpr std::uint64_t kLeastMetadataBytes = 8 + 1 + 4 + 1;
constexpr std::uint64_t kLeastTensorBytes = 8 + 1 + 4 + 8 + 4 + 8;
constexpr double kExactIntegers = 9007199254740992.0;  // 2^53: doubles hold every integer up to here

constexpr auto kConvertAgain = "Get a newer conversion of this model, or convert it again with llama.cpp.";

struct Counts {
  std::uint64_t tensors = 0;
  std::uint64_t metadata = 0;
};

class Reader {
 public:
  Reader(ByteSource& source, GgufData data, const GgufLimits& limits)
      : source_(source), data_(data), limits_(limits), in_(source, limits.header_bytes) {}

  Result<GgufHeader> run() {
    const Counts counts = read_preamble();
    read_metadata(counts.metadata);
    read_tensors(counts.tensors);
    find_data();
    if (in_.failed()) return std::unexpected(in_.error());
    return std::move(header_);
  }

 private:
  Counts read_preamble();
  void check_magic(const std::string& magic);
  void check_version(std::uint32_t version);
  std::uint64_t read_count(std::string_view field, std::uint64_t limit, std::uint64_t least_bytes);

  void read_metadata(std::uint64_t count);
  GgufKeyValue read_key_value();
  GgufValue read_value();
  GgufArray read_array();
  void skip_strings(std::uint64_t count);
  void read_numbers(GgufArray& array);
  std::variant<std::uint64_t, std::int64_t, double, bool> read_scalar(GgufValueType type);
  std::string read_string(std::uint64_t limit, std::string_view field);
  void check_alignment(const GgufValue& value);
  bool keep(std::uint64_t bytes, std::string_view field);

  void read_tensors(std::uint64_t count);
  Tensor read_tensor();
  void read_dimensions(Tensor& tensor);
  void read_type(Tensor& tensor);
  void read_offset(const Tensor& tensor);
  void find_data();

  // Fails at the second of two equal names.
  template <typename Items, typename Name>
  void refuse_duplicates(const Items& items, Name name, std::string_view what);

  void bad(std::string message, std::string_view field = {}) {
    in_.fail(ErrorKind::kBadInput, std::move(message), field);
  }

  ByteSource& source_;
  GgufData data_;
  const GgufLimits& limits_;
  GgufCursor in_;
  GgufHeader header_{};
  std::vector<std::uint64_t> positions_{};  // of the entries of the section being read
  std::uint64_t kept_bytes_ = 0;
  std::uint64_t next_offset_ = 0;  // the least that the next tensor's data may have
};

Counts Reader::read_preamble() {
  check_magic(in_.text(4, "magic"));
  header_.version = in_.number<std::uint32_t>("version");
  check_version(header_.version);
  Counts counts;
  counts.tensors = read_count("tensor count", limits_.tensor_count, kLeastTensorBytes);
  counts.metadata = read_count("metadata count", limits_.metadata_count, kLeastMetadataBytes);
  return counts;
}

void Reader::check_magic(const std::string& magic) {
  if (in_.failed() || magic == "GGUF") return;
  const bool page = magic.starts_with('<');
  in_.fail(ErrorKind::kBadInput,
           page ? "this is a web page, not a GGUF file"
                : "this is not a GGUF file: it does not start with \"GGUF\"",
           "magic", page ? "Download the model itself; its page may ask for a login." : "Give a GGUF file.");
}

void Reader::check_version(std::uint32_t version) {
  if (in_.failed() || version == 2 || version == 3) return;
  if (version == 0) return bad("GGUF version 0 does not exist", "version");
  const bool swapped = (version & 0xFFFFU) == 0;
  in_.fail(ErrorKind::kUnsupported,
           swapped ? std::string("this GGUF file is big-endian, which is not supported")
           : version == 1
               ? std::string("GGUF version 1 is not supported")
               : fmt::format("GGUF version {} is newer than the supported versions 2 and 3", version),
           "version", kConvertAgain);
}

std::uint64_t Reader::read_count(std::string_view field, std::uint64_t limit, std::uint64_t least_bytes) {
  const auto count = in_.number<std::uint64_t>(field);
  if (count > limit) bad(fmt::format("{} is more than the limit of {}", count, limit), field);
  return !in_.failed() && in_.require(count * least_bytes, field) ? count : 0;
}

void Reader::read_metadata(std::uint64_t count) {
  positions_.clear();
  for (std::uint64_t i = 0; i < count && !in_.failed(); ++i) {
    in_.set_subject(fmt::format("metadata {}", i));
    positions_.push_back(in_.position());
    header_.metadata.push_back(read_key_value());
  }
  if (!in_.failed()) refuse_duplicates(header_.metadata, &GgufKeyValue::key, "key");
}

GgufKeyValue Reader::read_key_value() {
  GgufKeyValue entry;
  entry.key = read_string(limits_.key_bytes, "key");
  if (entry.key.empty()) bad("the key is empty", "key");
  keep(entry.key.size(), "key");
  if (!in_.failed()) in_.set_subject(entry.key);
  entry.value = read_value();
  if (!in_.failed() && entry.key == "general.alignment") check_alignment(entry.value);
  return entry;
}

GgufValue Reader::read_value() {
  const auto id = in_.number<std::uint32_t>("type");
  GgufValue value;
  value.type = static_cast<GgufValueType>(id);
  if (value.type == GgufValueType::kArray) {
    value.value = read_array();
  } else if (value.type == GgufValueType::kString) {
    std::string text = read_string(std::min(limits_.string_bytes, limits_.kept_bytes), "");
    keep(text.size(), "");
    value.value = std::move(text);
  } else if (value_bytes(value.type)) {
    std::visit([&](auto number) { value.value = number; }, read_scalar(value.type));
  } else {
    bad(fmt::format("value type {} does not exist", id), "type");
  }
  return value;
}

GgufArray Reader::read_array() {
  GgufArray array;
  const auto id = in_.number<std::uint32_t>("element type");
  array.element_type = static_cast<GgufValueType>(id);
  if (array.element_type == GgufValueType::kArray) bad("arrays of arrays are not supported", "element type");
  const auto width = value_bytes(array.element_type);
  const bool strings = array.element_type == GgufValueType::kString;
  if (!width && !strings) bad(fmt::format("element type {} does not exist", id), "element type");
  array.count = in_.number<std::uint64_t>("element count");
  const auto least = checked_multiply(array.count, width.value_or(sizeof(std::uint64_t)));
  if (!least) bad(fmt::format("{} elements are impossible", array.count), "element count");
  if (in_.failed() || !in_.require(*least, "element count")) return array;
  const std::uint64_t start = in_.position();
  if (strings) {
    skip_strings(array.count);
  } else if (array.count <= GgufArray::kMaxKeptElements) {
    read_numbers(array);
  } else {
    in_.skip(*least, "elements");
  }
  array.payload_bytes = in_.position() - start;
  return array;
}

void Reader::skip_strings(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count && !in_.failed(); ++i) {
    const auto length = in_.number<std::uint64_t>("string length");
    if (length > limits_.string_bytes)
      bad(fmt::format("a string of {} bytes is too long", length), "string length");
    in_.skip(length, "string");
  }
}

void Reader::read_numbers(GgufArray& array) {
  if (!keep(array.count * sizeof(double), "elements")) return;
  bool exact = true;
  for (std::uint64_t i = 0; i < array.count && !in_.failed(); ++i) {
    const auto scalar = read_scalar(array.element_type);
    const double number = std::visit([](auto value) { return static_cast<double>(value); }, scalar);
    exact = exact && (std::holds_alternative<double>(scalar) || std::abs(number) <= kExactIntegers);
    array.numbers.push_back(number);
  }
  if (!exact) array.numbers.clear();
}

std::variant<std::uint64_t, std::int64_t, double, bool> Reader::read_scalar(GgufValueType type) {
  switch (type) {
    case GgufValueType::kUint8:
      return std::uint64_t{in_.number<std::uint8_t>("value")};
    case GgufValueType::kUint16:
      return std::uint64_t{in_.number<std::uint16_t>("value")};
    case GgufValueType::kUint32:
      return std::uint64_t{in_.number<std::uint32_t>("value")};
    case GgufValueType::kUint64:
      return in_.number<std::uint64_t>("value");
    case GgufValueType::kInt8:
      return std::int64_t{in_.number<std::int8_t>("value")};
    case GgufValueType::kInt16:
      return std::int64_t{in_.number<std::int16_t>("value")};
    case GgufValueType::kInt32:
      return std::int64_t{in_.number<std::int32_t>("value")};
    case GgufValueType::kInt64:
      return in_.number<std::int64_t>("value");
    case GgufValueType::kFloat32:
      return double{in_.number<float>("value")};
    case GgufValueType::kFloat64:
      return in_.number<double>("value");
    default:
      break;  // kBool: callers have refused the others
  }
  const auto flag = in_.number<std::uint8_t>("value");
  if (flag > 1) bad(fmt::format("{} is neither true nor false", flag), "value");
  return flag == 1;
}

std::string Reader::read_string(std::uint64_t limit, std::string_view field) {
  const auto length = in_.number<std::uint64_t>(field);
  if (length > limit) bad(fmt::format("{} bytes are more than the limit of {}", length, limit), field);
  return in_.failed() ? std::string() : in_.text(length, field);
}

void Reader::check_alignment(const GgufValue& value) {
  if (value.type != GgufValueType::kUint32) return bad("the alignment must be of type UINT32");
  const std::uint64_t alignment = std::get<std::uint64_t>(value.value);
  if (!std::has_single_bit(alignment) || alignment > limits_.max_alignment) {
    return bad(
        fmt::format("alignment {} is not a power of two from 1 to {}", alignment, limits_.max_alignment));
  }
  header_.alignment = alignment;
}

bool Reader::keep(std::uint64_t bytes, std::string_view field) {
  kept_bytes_ += bytes;  // each at most 64 MiB, and refused beyond kept_bytes: no overflow
  if (kept_bytes_ <= limits_.kept_bytes) return !in_.failed();
  bad(fmt::format("the metadata exceeds the limit of {}", format_bytes(Bytes(limits_.kept_bytes))), field);
  return false;
}

void Reader::read_tensors(std::uint64_t count) {
  positions_.clear();
  for (std::uint64_t i = 0; i < count && !in_.failed(); ++i) {
    in_.set_subject(fmt::format("tensor {}", i));
    positions_.push_back(in_.position());
    header_.tensors.push_back(read_tensor());
  }
  if (!in_.failed()) refuse_duplicates(header_.tensors, &Tensor::name, "tensor");
}

Tensor Reader::read_tensor() {
  Tensor tensor;
  tensor.name = read_string(kMaxTensorNameBytes, "name");
  if (tensor.name.empty()) bad("the tensor has no name", "name");
  if (!in_.failed()) in_.set_subject(tensor.name);
  read_dimensions(tensor);
  read_type(tensor);
  if (!in_.failed()) read_offset(tensor);
  return tensor;
}

void Reader::read_dimensions(Tensor& tensor) {
  const auto count = in_.number<std::uint32_t>("dimension count");
  if (count < 1 || count > 4) bad(fmt::format("{} dimensions are not 1 to 4", count), "dimension count");
  std::optional<std::uint64_t> elements = 1;
  for (std::uint32_t i = 0; i < count && !in_.failed(); ++i) {
    const auto length = in_.number<std::uint64_t>("dimensions");
    elements = checked_multiply(*elements, length);
    if (length == 0) bad("a dimension is 0", "dimensions");
    if (!elements || *elements > std::numeric_limits<std::int64_t>::max()) {
      return bad("the tensor has more elements than 63 bits can count", "dimensions");
    }
    tensor.dimensions.push_back(length);
  }
}

void Reader::read_type(Tensor& tensor) {
  const auto id = in_.number<std::uint32_t>("type");
  if (in_.failed()) return;
  const auto known = find_type(id);
  if (!known) {
    in_.fail(ErrorKind::kUnsupported, fmt::format("tensor type {} is not known", id), "type",
             "Use a file quantised to a common type.");
    return;
  }
  tensor.type = known->type;
  if (tensor.dimensions.front() % known->block_elements != 0) {
    bad(fmt::format("rows of {} elements are not whole blocks of {} ({})", tensor.dimensions.front(),
                    known->block_elements, known->name),
        "type");
  } else if (!checked_bytes(tensor)) {
    bad("the tensor has more bytes than 63 bits can count", "type");
  }
}

void Reader::read_offset(const Tensor& tensor) {
  const auto offset = in_.number<std::uint64_t>("offset");
  const auto end = checked_add(offset, tensor.bytes().value);
  const auto next = end ? checked_round_up(*end, header_.alignment) : std::nullopt;
  if (offset % header_.alignment != 0) {
    bad(fmt::format("offset {} is not a multiple of the alignment {}", offset, header_.alignment), "offset");
  } else if (offset < next_offset_) {
    bad(fmt::format("offset {} lies within the tensors before, which end at {}", offset, next_offset_),
        "offset");
  } else if (!next) {
    bad("the tensor ends beyond what 64 bits can count", "offset");
  }
  header_.offsets.push_back(offset);
  next_offset_ = next.value_or(0);
}

void Reader::find_data() {
  if (in_.failed()) return;
  header_.data_offset = checked_round_up(in_.position(), header_.alignment).value_or(in_.position());
  header_.file_bytes = source_.size();
  if (data_ == GgufData::kOptional || !header_.file_bytes) return;
  for (std::size_t i = 0; i < header_.tensors.size() && !in_.failed(); ++i) {
    const std::uint64_t end =
        header_.offsets[i] + header_.tensors[i].bytes().value;  // read_offset checked the sum
    const auto file_end = checked_add(header_.data_offset, end);
    if (file_end && *file_end <= header_.file_bytes->value) continue;
    in_.point_at(positions_[i]);
    in_.set_subject(header_.tensors[i].name);
    in_.fail(ErrorKind::kBadInput,
             fmt::format("the file has {} bytes, but this tensor's data end beyond that",
                         header_.file_bytes->value),
             "data", "Get a complete copy of the file.");
  }
}

template <typename Items, typename Name>
void Reader::refuse_duplicates(const Items& items, Name name, std::string_view what) {
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto name_of = [&](std::size_t i) -> std::string_view { return std::invoke(name, items[i]); };
  std::ranges::sort(order, {}, name_of);
  const auto twice = std::ranges::adjacent_find(order, {}, name_of);
  if (twice == order.end()) return;
  in_.point_at(positions_[std::max(*twice, *(twice + 1))]);
  in_.set_subject(name_of(*twice));
  bad(fmt::format("there are two of this {}", what));
}

}  // namespace

Result<GgufHeader> read_gguf(ByteSource& source, GgufData data, const GgufLimits& limits) {
  return Reader(source, data, limits).run();
}

}  // namespace tokcast
