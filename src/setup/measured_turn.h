// The file that was fetched, timed by the engine on the turn that was promised.
#ifndef TOKCAST_SETUP_MEASURED_TURN_H_
#define TOKCAST_SETUP_MEASURED_TURN_H_

#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "engine/bench.h"
#include "engine/engine.h"
#include "forecast/forecast.h"
#include "forecast/interval.h"

namespace tokcast {

// Each from the quickest to the slowest repetition, the median between them.
struct TimedTurn {
  Interval<Seconds> first_token{};  // the prompt that is not in the context yet
  Interval<Seconds> turn{};
  Interval<TokensPerSecond> decode{};
  std::vector<BenchSamples> samples{};
};

// Blocks. Errors: those of run_bench; kUsage (a turn without a fresh prompt or without a reply).
Result<TimedTurn> measure_turn(const Engine& engine, const std::string& path, std::uint32_t threads,
                               const Workload& turn);

}  // namespace tokcast

#endif  // TOKCAST_SETUP_MEASURED_TURN_H_
