#include "cli/promised_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <optional>

#include "base/text.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "fetch/sha256.h"
#include "model/gguf_split.h"

namespace tokcast {
namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;

// What tells without reading a file whether it is still the one that it was.
struct Mark {
  Bytes size{};
  std::int64_t changed = 0;  // nanoseconds since 1970
};

// Errors: kNotFound; kIo; kBadInput (no file).
Result<Mark> mark_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0)
    return std::unexpected(error_from_errno(errno, "the model's file cannot be read", path));
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::kBadInput, "this is no file", path);
  return Mark{Bytes(static_cast<std::uint64_t>(status.st_size)),
              status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

Result<std::string> hash_with_progress(const std::string& path) {
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  progress.begin("Hashing " + printable(path));
  return hash_file(path, {});
}

}  // namespace

Result<void> note_file(Promise& promise, const std::string& path) {
  if (parse_split_name(path)) return {};
  std::error_code unknown;
  const std::string absolute = std::filesystem::absolute(path, unknown).lexically_normal();
  // The time before the hash: a file that changes meanwhile is read again when it is looked at.
  const auto mark = mark_of(absolute);
  if (!mark) return std::unexpected(mark.error());
  const auto hash = hash_with_progress(absolute);
  if (!hash) return std::unexpected(hash.error());
  promise.file_path = absolute;
  promise.file_bytes = mark->size;
  promise.file_changed = mark->changed;
  if (!hash->empty()) promise.file_sha256 = *hash;
  return {};
}

std::string_view file_state_name(FileState state) {
  switch (state) {
    case FileState::kSame:
      return "same";
    case FileState::kChanged:
      return "changed";
    case FileState::kGone:
      return "gone";
    case FileState::kUnknown:
      break;
  }
  return "unknown";
}

FileState state_of_file(const Promise& promise) {
  if (!promise.file_path || !promise.file_sha256) return FileState::kUnknown;
  const auto mark = mark_of(*promise.file_path);
  if (!mark) return mark.error().kind == ErrorKind::kNotFound ? FileState::kGone : FileState::kUnknown;
  if (promise.file_bytes && mark->size != *promise.file_bytes) return FileState::kChanged;
  if (promise.file_changed == mark->changed) return FileState::kSame;
  const auto hash = hash_with_progress(*promise.file_path);
  if (!hash || hash->empty()) return FileState::kUnknown;
  return *hash == *promise.file_sha256 ? FileState::kSame : FileState::kChanged;
}

}  // namespace tokcast
