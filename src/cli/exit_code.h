// Exit codes: part of the interface, so that scripts can branch on them. Listed in `tokcast --help`.
#ifndef TOKCAST_CLI_EXIT_CODE_H_
#define TOKCAST_CLI_EXIT_CODE_H_

#include "base/result.h"
#include "forecast/forecast.h"

namespace tokcast {

enum class ExitCode : int {
  kDone = 0,  // and for forecasts: keeps its budget
  kFailed = 1,
  kUsage = 2,
  kAtRisk = 20,
  kBreaks = 21,
  kDoesNotFit = 22,
  kDiskFull = 30,
  kChecksum = 31,
  kNetwork = 32,
  kNotFound = 33,
  kBadInput = 34,
};

// kUnknown is kFailed: the question was not answered.
ExitCode exit_code(Verdict verdict);

// What the process ends with: the code of the error's kind; 128 + the signal's number if one interrupted us.
int exit_status(const Error& error);

}  // namespace tokcast

#endif  // TOKCAST_CLI_EXIT_CODE_H_
