// Promised against actual: was a promise kept, how often were its intervals right, what changed since. Pure.
#ifndef TOKCAST_LEDGER_SUMMARY_H_
#define TOKCAST_LEDGER_SUMMARY_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/promise.h"

namespace tokcast {

enum class Standing {
  kUntested,  // no actual that can be compared, with a forecast or at least a budget
  kKept,      // the median of the last actuals is within the budget and not above the high end
  kBroken,    // it is beyond one of them
};

// "untested", "kept", "broken".
std::string_view standing_name(Standing standing);

// What changed between two stretches of actuals, and by how much turns took longer after it (0.1: a tenth;
// less than 0: less). Both medians are of actuals over what was forecast for them.
struct Drift {
  std::string since;  // "the engine changed from 0.6 to 0.7", "the kernel changed ...", "the last 5 turns"
  double share = 0;
  std::size_t before = 0;  // actuals
  std::size_t after = 0;
};

struct Outcome {
  std::size_t actuals = 0;
  std::size_t compared = 0;              // with a forecast of the same turn
  std::size_t inside = 0;                // of these, between low and high
  std::optional<Seconds> last_turn{};    // of those compared
  std::optional<Seconds> median_turn{};  // of the last ones compared, twenty at most
  std::optional<double> bias{};          // median of actual / expected - 1 of all compared
  Standing standing = Standing::kUntested;
  std::string reason;  // of the standing, a sentence; "" if untested
  std::vector<Drift> drifts{};
};

// The interval that an actual's turn is held against: the forecast beside it, or the promise's if it was that
// turn. nullopt: it cannot be compared.
std::optional<Interval<Seconds>> turn_forecast(const Promise& promise, const Actual& actual);

// Was it the promised turn, token for token, with as many sessions?
bool is_promised_turn(const Promise& promise, const Actual& actual);

// `actuals` of that promise, oldest first.
Outcome outcome_of(const Promise& promise, std::span<const Actual> actuals);

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_SUMMARY_H_
