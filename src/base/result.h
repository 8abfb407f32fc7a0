// Result<T>: a value, or an Error that says what happened, where, and what to do about it.
//
// Libraries return Result and never print, exit or abort. Callers decide by kind, never by text.
#ifndef TOKCAST_BASE_RESULT_H_
#define TOKCAST_BASE_RESULT_H_

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tokcast {

// The closed list of error kinds. Each has one exit code (src/cli/exit_code.h).
enum class ErrorKind {
  kUsage,         // the caller asked for something that makes no sense
  kNotFound,      // a file, model, engine or name does not exist
  kBadInput,      // bytes from outside break their format
  kUnsupported,   // well-formed, but beyond what tokcast or the engine can handle
  kDoesNotFit,    // would exceed the memory or disk that may be used
  kIo,            // the operating system failed us
  kDiskFull,      // no room left on the device
  kChecksum,      // content differs from what was promised
  kNetwork,       // a remote end could not be reached or broke off
  kTimeout,       // a deadline passed
  kEngineFailed,  // the engine refused, crashed or answered nonsense
  kInterrupted,   // SIGINT or SIGTERM arrived
};

// Stable name for JSON ("error.code") and logs, for example "bad-input".
std::string_view error_kind_name(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::kIo;
  std::string message;  // one sentence: what happened and why
  std::string place{};  // where: a path, a byte offset and field, a flag; empty if it has none
  std::string fix{};    // what to do; empty only if nothing helps
};

// "message (place). fix" on one line, control characters stripped: fit for a terminal.
std::string describe(const Error& error);

template <typename T>
using Result = std::expected<T, Error>;

// Shorthand: `return fail(ErrorKind::kNotFound, "...", place, fix);`
inline std::unexpected<Error> fail(ErrorKind kind, std::string message, std::string place = {},
                                   std::string fix = {}) {
  return std::unexpected(Error{kind, std::move(message), std::move(place), std::move(fix)});
}

// An Error of kIo or kDiskFull or kNotFound made from errno.
Error error_from_errno(int error_number, std::string what, std::string place, std::string fix = {});

}  // namespace tokcast

#endif  // TOKCAST_BASE_RESULT_H_
