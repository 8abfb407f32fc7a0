// The forecaster: (shape, timings, workload, limits) -> forecast. Pure: no clock, no files, no machine.
//
// Every command asks this function; rungs of the evidence ladder differ only in the Timings they hand in.
#ifndef TOKCAST_FORECAST_FORECAST_H_
#define TOKCAST_FORECAST_FORECAST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forecast/interval.h"
#include "forecast/memory.h"
#include "forecast/timings.h"
#include "forecast/workload.h"
#include "model/shape.h"

namespace tokcast {

enum class Verdict {
  kKeeps,       // high <= budget
  kAtRisk,      // the budget lies inside the interval
  kBreaks,      // low > budget
  kDoesNotFit,  // needs more memory than may be used, or a longer context than the model has
  kUnknown,     // no timings, no memory limit could be read, or too busy to promise anything
};

// "keeps", "at-risk", "breaks", "does-not-fit", "unknown".
std::string_view verdict_name(Verdict verdict);

// What timings give; absent where a model cannot be timed (it does not fit, or is not modelled).
struct TurnForecast {
  Evidence evidence = Evidence::kEstimated;
  std::string source;
  std::uint32_t threads = 1;
  // Over this turn's prompts, of all sessions together; all 0 if there is nothing to prefill.
  Interval<TokensPerSecond> prefill{};
  Interval<TokensPerSecond> decode{};  // over this turn's reply, of one session
  Interval<Seconds> first_token{};
  Interval<Seconds> turn{};
  std::optional<Interval<Seconds>> first_spoken{};  // from the end of speech; nullopt: no voice
  std::optional<Interval<Seconds>> load{};          // with the file in the page cache
  std::optional<Interval<Seconds>> cold_load{};     // with the file on the disk
  Correction correction{};                          // as in Timings
  std::optional<LoadParts> load_parts{};
  std::optional<double> taken_by_others{};  // as in Timings

  // Others had so much of the processors while this was measured that it promises nothing.
  bool too_busy() const;
};

struct Forecast {
  Workload workload{};
  MemoryNeed memory{};
  std::optional<TurnForecast> turn{};
  Verdict verdict = Verdict::kUnknown;
  std::vector<std::string> reasons{};  // sentences, the deciding one first
};

Forecast forecast(const Shape& shape, const std::optional<Timings>& timings, const Workload& workload,
                  const MemoryLimits& limits);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_FORECAST_H_
