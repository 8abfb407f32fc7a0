// The fitted table behind the `looked-up` rung: how much of what names promise is reached.
//
// data/efficiency.json is compiled into the binary. bench/fit makes it from data/benchmarks.csv and nothing
// else does; looked_up.h names the factors, docs/FORECAST.md derives them.
#ifndef TOKCAST_FORECAST_EFFICIENCY_H_
#define TOKCAST_FORECAST_EFFICIENCY_H_

#include <cstdint>
#include <map>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "forecast/kernel_rates.h"

namespace tokcast {

// One factor of a forecast's time, and what it rests on.
struct Factor {
  double log = 0;  // natural logarithm; a factor of 1 is what was assumed before any row was seen
  std::uint32_t rows = 0;
  std::uint32_t machines = 0;
};

struct Spread {
  Reach reach{};
  std::uint32_t rows = 0;
  std::uint32_t machines = 0;
};

struct Efficiency {
  std::map<std::string, Factor> factors{};  // "decode gpu family=Ada"
  std::map<std::string, Spread> spreads{};  // "decode nvidia dense"; "decode all" for any other

  // 0 for a name that is not in the table.
  double log_of(const std::string& name) const;
  // Of the nearest level that is in the table.
  Reach reach(const std::string& phase, const std::string& group, bool mixture) const;
};

// The embedded table; parsed once, lives as long as the process. Any thread.
const Efficiency& efficiency();

Json efficiency_to_json(const Efficiency& table);

// Errors: kBadInput naming what is missing or out of range.
Result<Efficiency> efficiency_from_json(const Json& json);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_EFFICIENCY_H_
