#include "cli/exit_code.h"

#include <csignal>

#include "base/interrupt.h"

namespace tokcast {

ExitCode exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::kKeeps:
      return ExitCode::kDone;
    case Verdict::kAtRisk:
      return ExitCode::kAtRisk;
    case Verdict::kBreaks:
      return ExitCode::kBreaks;
    case Verdict::kDoesNotFit:
      return ExitCode::kDoesNotFit;
    case Verdict::kUnknown:
      return ExitCode::kFailed;
  }
  return ExitCode::kFailed;
}

int exit_status(const Error& error) {
  const auto code = [](ExitCode value) { return static_cast<int>(value); };
  switch (error.kind) {
    case ErrorKind::kUsage:
      return code(ExitCode::kUsage);
    case ErrorKind::kDoesNotFit:
      return code(ExitCode::kDoesNotFit);
    case ErrorKind::kDiskFull:
      return code(ExitCode::kDiskFull);
    case ErrorKind::kChecksum:
      return code(ExitCode::kChecksum);
    case ErrorKind::kNetwork:
      return code(ExitCode::kNetwork);
    case ErrorKind::kNotFound:
      return code(ExitCode::kNotFound);
    case ErrorKind::kBadInput:
      return code(ExitCode::kBadInput);
    case ErrorKind::kInterrupted:
      return 128 + interrupt_signal().value_or(SIGINT);
    default:
      return code(ExitCode::kFailed);
  }
}

}  // namespace tokcast
