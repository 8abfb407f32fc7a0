// The header of a GGUF file: metadata and tensor descriptions, without the weights.
//
// Format (little-endian; version 2 and 3): "GGUF", u32 version, u64 tensor count, u64 metadata count, then
// the metadata (string key, u32 value type, value), then the tensors (string name, u32 dimension count, u64
// dimensions, u32 type, u64 offset), then padding to general.alignment (default 32), then the tensors' data,
// each tensor padded likewise. Strings are u64 length + bytes; arrays are u32 element type, u64 count,
// elements. Source: ggml docs/gguf.md.
#ifndef TOKCAST_MODEL_GGUF_H_
#define TOKCAST_MODEL_GGUF_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/units.h"
#include "model/dimensions.h"
#include "model/ggml_type.h"

namespace tokcast {

enum class GgufValueType : std::uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};

// An array. Short numeric arrays (per-layer hyper-parameters) keep their elements; long ones and arrays of
// strings (tokenizer tables) keep only what was in them, so that a header's cost in memory stays bounded.
struct GgufArray {
  GgufValueType element_type = GgufValueType::kUint8;
  std::uint64_t count = 0;
  // size() == count if kept (numeric or bool, count <= kMaxKeptElements, every element exact), else empty
  std::vector<double> numbers{};
  std::uint64_t payload_bytes = 0;  // bytes of the elements in the file

  static constexpr std::uint64_t kMaxKeptElements = 4096;
};

// Integers of every width are held as uint64/int64; `type` tells the width that stands (or shall stand) in
// the file.
struct GgufValue {
  GgufValueType type = GgufValueType::kUint32;
  std::variant<std::uint64_t, std::int64_t, double, bool, std::string, GgufArray> value{std::uint64_t{0}};
};

struct GgufKeyValue {
  std::string key;
  GgufValue value;
};

struct Tensor {
  std::string name;
  GgmlType type = GgmlType::kF32;
  Dimensions dimensions{};  // 1 to 4; [0] is the row length (ggml's ne[0])

  std::uint64_t elements() const;              // product of the dimensions
  Bytes bytes() const;                         // as stored, without padding
  std::optional<std::uint32_t> layer() const;  // N of "blk.N.…"; nullopt for tensors outside the layers
};

// The bytes of a tensor; nullopt if its dimensions are not 1 to 4 non-zero numbers, a row is not whole
// blocks, or the elements or bytes do not fit 63 bits (ggml counts them in signed numbers).
std::optional<Bytes> checked_bytes(const Tensor& tensor);

// Bytes of one value of a fixed-size type; nullopt for strings, arrays and numbers that are no value type.
std::optional<std::uint64_t> value_bytes(GgufValueType type);

struct GgufHeader {
  std::uint32_t version = 3;
  std::uint64_t alignment = 32;
  std::vector<GgufKeyValue> metadata{};
  std::vector<Tensor> tensors{};         // in file order
  std::vector<std::uint64_t> offsets{};  // of each tensor's data, from the data section of the part it is in
  std::uint64_t data_offset = 0;         // where the data section begins in the (first) file
  std::optional<Bytes> file_bytes{};     // of all parts together; nullopt for a header that is not a file's

  // The value under `key`, or nullptr.
  const GgufValue* find(std::string_view key) const;
  // Typed access; nullopt if the key is missing or of another kind. Integers convert if they fit.
  std::optional<std::uint64_t> find_uint(std::string_view key) const;
  std::optional<double> find_double(std::string_view key) const;
  std::optional<std::string> find_string(std::string_view key) const;
};

// Shorthands for making metadata.
GgufKeyValue gguf_uint32(std::string key, std::uint32_t number);
GgufKeyValue gguf_float32(std::string key, float number);
GgufKeyValue gguf_bool(std::string key, bool flag);
GgufKeyValue gguf_string(std::string key, std::string text);
GgufKeyValue gguf_int32_array(std::string key, const std::vector<std::int32_t>& numbers);
GgufKeyValue gguf_bool_array(std::string key, const std::vector<bool>& flags);
GgufKeyValue gguf_float32_array(std::string key, const std::vector<float>& numbers);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_GGUF_H_
