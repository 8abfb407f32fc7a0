// Reads GGUF headers from a file, a buffer or any source of byte ranges: bounded, checked, never trusting.
//
// Limits and rules (each one broke a real parser; the tests name them): magic, version 2 or 3, counts, key
// and string lengths, array kinds and counts, 1 to 4 dimensions, non-zero and overflow-free sizes, known
// value types, known tensor types, power-of-two alignment, aligned non-overlapping in-order offsets inside
// the file, no duplicate keys or names. Memory stays below 64 MiB for any input.
#ifndef TOKCAST_MODEL_GGUF_READER_H_
#define TOKCAST_MODEL_GGUF_READER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "base/units.h"
#include "model/gguf.h"

namespace tokcast {

struct GgufLimits {
  std::uint64_t metadata_count = 65'536;
  std::uint64_t tensor_count = 131'072;
  std::uint64_t key_bytes = 65'535;
  std::uint64_t string_bytes = 64ULL << 20U;  // of one string
  std::uint64_t header_bytes = 1ULL << 30U;   // of all that stands before the data section
  std::uint64_t kept_bytes = 16ULL << 20U;    // of all strings kept in memory
  std::uint64_t max_alignment = 65'536;
};

// A source of bytes at offsets: a file, a buffer, an HTTP resource. One thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills all of `out` from `offset`. Errors: kBadInput if the source ends before, kIo, kNetwork.
  virtual Result<void> read(std::uint64_t offset, std::span<std::byte> out) = 0;
  // Total size; nullopt if unknown (the reader then cannot check offsets against it).
  virtual std::optional<Bytes> size() const = 0;
  // What to call it in errors: a path or an address.
  virtual const std::string& name() const = 0;
};

Result<std::unique_ptr<ByteSource>> open_file_source(const std::string& path);
// The buffer must outlive the source.
std::unique_ptr<ByteSource> make_buffer_source(std::span<const std::byte> bytes, std::string name);

enum class GgufData {
  kRequired,  // every tensor's bytes must lie inside the source
  kOptional,  // a header cut off anywhere after the last tensor description is fine (no weights needed)
};

// Errors: kBadInput with "byte N, field" as place; kUnsupported for version 1, big-endian files and unknown
// tensor types; what the source reports otherwise.
Result<GgufHeader> read_gguf(ByteSource& source, GgufData data, const GgufLimits& limits = {});

// How a path becomes a source: on this disk, or elsewhere.
using OpenSource = std::function<Result<std::unique_ptr<ByteSource>>(const std::string& path)>;

// A path to one file, or to the first part `name-00001-of-0000N.gguf` of a split model, whose other parts are
// then read too and merged: the tensors of all, the metadata of the first but for "split.*", and each offset
// counted from the data section of its own part. Errors as above; kNotFound names a missing part, kUsage a
// path to a later part.
Result<GgufHeader> read_gguf_file(const std::string& path, GgufData data, const GgufLimits& limits = {},
                                  const OpenSource& open = open_file_source);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_GGUF_READER_H_
