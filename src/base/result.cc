#include "base/result.h"

#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace tokcast {

std::string_view error_kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kNotFound:
      return "not-found";
    case ErrorKind::kBadInput:
      return "bad-input";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kDoesNotFit:
      return "does-not-fit";
    case ErrorKind::kIo:
      return "io";
    case ErrorKind::kDiskFull:
      return "disk-full";
    case ErrorKind::kChecksum:
      return "checksum";
    case ErrorKind::kNetwork:
      return "network";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kEngineFailed:
      return "engine-failed";
    case ErrorKind::kInterrupted:
      return "interrupted";
  }
  return "unknown";
}

std::string describe(const Error& error) {
  std::string line = error.message;
  if (!error.place.empty()) line += " (" + error.place + ")";
  if (!error.fix.empty()) line += ". " + error.fix;
  return printable(line);
}

Error error_from_errno(int error_number, std::string what, std::string place, std::string fix) {
  ErrorKind kind = ErrorKind::kIo;
  if (error_number == ENOENT) kind = ErrorKind::kNotFound;
  if (error_number == ENOSPC || error_number == EDQUOT) kind = ErrorKind::kDiskFull;
  return {kind, std::move(what) + ": " + std::generic_category().message(error_number), std::move(place),
          std::move(fix)};
}

}  // namespace tokcast
