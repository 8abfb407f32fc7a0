// Promises for people: a table, one in full, a plot.
#ifndef TOKCAST_CLI_PROMISES_TEXT_H_
#define TOKCAST_CLI_PROMISES_TEXT_H_

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/promised_file.h"
#include "cli/terminal.h"
#include "forecast/correction.h"
#include "forecast/timings.h"
#include "ledger/promise.h"
#include "ledger/served.h"
#include "ledger/summary.h"

namespace tokcast {

// A promise, its actuals (oldest first) and what came of it.
struct Account {
  Promise promise{};
  std::vector<Actual> actuals{};
  Outcome outcome{};
  FileState file = FileState::kUnknown;  // of the file that it was made for
};

// What the past changes in forecasts of one rung.
struct Lesson {
  Evidence evidence = Evidence::kEstimated;
  Correction correction{};
};

// Of all accounts: turns that could be compared, and how many of them lay within their intervals.
struct Coverage {
  std::size_t compared = 0;
  std::size_t inside = 0;
};
Coverage coverage_of(std::span<const Account> accounts);

std::string promises_text(std::span<const Account> accounts, std::span<const Lesson> lessons,
                          std::span<const StageMedians> stages, const Terminal& terminal);
std::string promise_text(const Account& account, const Terminal& terminal);
// "" if no account has times.
std::string promises_plot(std::span<const Account> accounts, bool unicode, const Terminal& terminal);

}  // namespace tokcast

#endif  // TOKCAST_CLI_PROMISES_TEXT_H_
