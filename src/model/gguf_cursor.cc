#include "model/gguf_cursor.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "base/text.h"

namespace tokcast {
namespace {

// One read of the source. More would ask remote sources for what stands behind the header.
constexpr std::uint64_t kWindowBytes = 64U << 10U;
constexpr std::size_t kShownBytes = 80;  // of a stranger's key or name in a message

constexpr auto kIncomplete = "Get a complete copy of the file.";
constexpr auto kDamaged = "The file is damaged or was made by a faulty program: get another copy.";

}  // namespace

std::string GgufCursor::text(std::uint64_t length, std::string_view field) {
  field_start_ = position_;
  std::string out;
  if (!have(length, field)) return out;
  while (out.size() < length) {
    const auto wanted = static_cast<std::size_t>(std::min(length - out.size(), kWindowBytes));
    if (!fill(wanted, field)) return {};
    out.append(reinterpret_cast<const char*>(here()), wanted);
    position_ += wanted;
  }
  return out;
}

void GgufCursor::skip(std::uint64_t length, std::string_view field) {
  field_start_ = position_;
  if (have(length, field)) position_ += length;
}

bool GgufCursor::require(std::uint64_t length, std::string_view field) {
  return have(length, field);
}

void GgufCursor::fail(ErrorKind kind, std::string message, std::string_view field, std::string fix) {
  if (error_) return;
  const std::string subject = printable(std::string_view(subject_).substr(0, kShownBytes));
  const char* between = subject.empty() || field.empty() ? "" : " ";
  std::string place =
      fmt::format("{}: byte {}, {}{}{}", source_.name(), field_start_, subject, between, field);
  if (fix.empty()) fix = kDamaged;
  error_ = Error{kind, std::move(message), std::move(place), std::move(fix)};
}

const std::byte* GgufCursor::take(std::size_t length, std::string_view field) {
  field_start_ = position_;
  if (!have(length, field) || !fill(length, field)) return nullptr;
  const std::byte* bytes = here();
  position_ += length;
  return bytes;
}

std::size_t GgufCursor::buffered() const {
  const std::uint64_t window_end = window_start_ + window_.size();
  return position_ >= window_start_ && position_ < window_end ? window_end - position_ : 0;
}

// Makes the window hold `length` bytes (at most kWindowBytes) from the position on; have() said they may
// exist.
bool GgufCursor::fill(std::size_t length, std::string_view field) {
  if (buffered() >= length) return true;
  const std::uint64_t end = std::min(limit_, source_.size().value_or(Bytes(limit_)).value);
  auto attempt = std::min(kWindowBytes, end - position_);
  for (;;) {
    window_.resize(attempt);
    window_start_ = position_;
    const Result<void> read = source_.read(position_, window_);
    if (read) return true;
    window_.clear();
    if (read.error().kind != ErrorKind::kBadInput) return error_ = read.error(), false;
    if (attempt == length) break;
    attempt =
        std::max<std::uint64_t>(attempt / 2, length);  // a source of unknown size ends somewhere in between
  }
  fail(ErrorKind::kBadInput, "the file ends here", field, kIncomplete);
  return false;
}

bool GgufCursor::have(std::uint64_t length, std::string_view field) {
  if (error_) return false;
  const auto end = checked_add(position_, length);
  if (const auto size = source_.size(); size && (!end || *end > size->value)) {
    const std::uint64_t rest = position_ < size->value ? size->value - position_ : 0;
    fail(ErrorKind::kBadInput,
         size->value == 0
             ? std::string("the file is empty")
             : fmt::format("the file ends too early: {} bytes needed here, {} are left", length, rest),
         field, kIncomplete);
  } else if (!end || *end > limit_) {
    fail(ErrorKind::kBadInput,
         fmt::format("the header would exceed the limit of {}", format_bytes(Bytes(limit_))), field);
  }
  return !error_;
}

}  // namespace tokcast
