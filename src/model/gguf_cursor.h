// A bounded cursor over a ByteSource: every number and string of a GGUF header is read through it and nothing
// else.
//
// It reads the source in large pieces, never allocates more than the bytes it has really seen, and keeps the
// first error: after a failure every read gives zero or empty, so that callers check once per loop instead of
// per field.
#ifndef TOKCAST_MODEL_GGUF_CURSOR_H_
#define TOKCAST_MODEL_GGUF_CURSOR_H_

#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/gguf_reader.h"

namespace tokcast {

static_assert(std::endian::native == std::endian::little, "GGUF numbers are copied as they stand");

class GgufCursor {
 public:
  // Refuses to go beyond `limit` bytes. The source must outlive the cursor.
  GgufCursor(ByteSource& source, std::uint64_t limit) : source_(source), limit_(limit) {}

  template <typename Number>
  Number number(std::string_view field) {
    Number value{};
    if (const std::byte* bytes = take(sizeof(value), field)) std::memcpy(&value, bytes, sizeof(value));
    return value;
  }
  std::string text(std::uint64_t length, std::string_view field);
  void skip(std::uint64_t length, std::string_view field);
  // Fails if `length` more bytes cannot be there. What follows still has to be read.
  bool require(std::uint64_t length, std::string_view field);

  std::uint64_t position() const { return position_; }

  // What the fields belong to, for errors: "metadata 3", a key, a tensor's name.
  void set_subject(std::string_view subject) { subject_ = subject; }
  // Errors shall point at `position` instead of at what was read last.
  void point_at(std::uint64_t position) { field_start_ = position; }
  // Keeps an error about what was read last, unless there is one already.
  void fail(ErrorKind kind, std::string message, std::string_view field, std::string fix = {});
  bool failed() const { return error_.has_value(); }
  Error error() const { return error_.value_or(Error{}); }

 private:
  const std::byte* take(std::size_t length, std::string_view field);
  bool fill(std::size_t length, std::string_view field);
  std::size_t buffered() const;
  const std::byte* here() const { return window_.data() + (position_ - window_start_); }
  bool have(std::uint64_t length, std::string_view field);

  ByteSource& source_;
  std::uint64_t limit_;
  std::uint64_t position_ = 0;
  std::uint64_t field_start_ = 0;  // of what was read last
  std::uint64_t window_start_ = 0;
  std::vector<std::byte> window_{};
  std::string subject_{};
  std::optional<Error> error_{};
};

}  // namespace tokcast

#endif  // TOKCAST_MODEL_GGUF_CURSOR_H_
