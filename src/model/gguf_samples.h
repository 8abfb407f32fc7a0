// GGUF files for tests and fuzzing, made byte by byte and not by our own writer: one good one, and one for
// each rule that a malformed file can break.
#ifndef TOKCAST_MODEL_GGUF_SAMPLES_H_
#define TOKCAST_MODEL_GGUF_SAMPLES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tokcast {

// A file whose every field can be made wrong on its own.
struct RawGguf {
  struct Entry {
    std::string key;
    std::uint32_t type = 4;
    std::string value;                          // as bytes
    std::optional<std::uint64_t> key_length{};  // if another than the key's
  };
  struct TensorEntry {
    std::string name;
    std::vector<std::uint64_t> dimensions;
    std::uint32_t type = 0;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> name_length{};      // if another than the name's
    std::optional<std::uint32_t> dimension_count{};  // if another than the dimensions'
  };

  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::vector<Entry> metadata{};
  std::vector<TensorEntry> tensors{};
  std::uint64_t data_bytes = 0;
  std::uint64_t alignment = 32;
  std::optional<std::uint64_t> metadata_count{};  // if another than the entries'
  std::optional<std::uint64_t> tensor_count{};    // likewise

  Entry& entry(std::string_view key);
  std::string header() const;  // up to the last tensor description
  std::string file() const;    // with padding and data
};

// Numbers and strings as they stand in a file.
std::string raw_u32(std::uint32_t number);
std::string raw_u64(std::uint64_t number);
std::string raw_string(std::string_view text);
std::string raw_array(std::uint32_t element_type, std::uint64_t count, std::string_view elements);

// A loadable llama of one layer, with metadata of every kind.
RawGguf good_gguf();

struct MalformedGguf {
  std::string name;  // the rule that it breaks
  std::string bytes;
  ErrorKind kind = ErrorKind::kBadInput;
  std::string place;  // the field that the error's place ends with
};

// All kinds of malformed files that ggml and Ollama test their parsers with, and some more.
std::vector<MalformedGguf> malformed_ggufs();

}  // namespace tokcast

#endif  // TOKCAST_MODEL_GGUF_SAMPLES_H_
