// Promises, actuals and their outcome as JSON: parts of `tokcast.promises/1`, `tokcast.promise/1` and
// `tokcast.bench/1` (docs/schemas). What is not known is null, never 0.
#ifndef TOKCAST_LEDGER_LEDGER_JSON_H_
#define TOKCAST_LEDGER_LEDGER_JSON_H_

#include <span>

#include "base/json.h"
#include "ledger/promise.h"
#include "ledger/served.h"
#include "ledger/summary.h"

namespace tokcast {

Json promise_to_json(const Promise& promise);
// With its raw samples, if it has any.
Json actual_to_json(const Actual& actual);
Json outcome_to_json(const Outcome& outcome);
Json correction_to_json(const Correction& correction);
// Of `tokcast.promises/1`: an array.
Json stages_to_json(std::span<const StageMedians> all);
Json samples_to_json(const std::vector<BenchSamples>& samples);

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_LEDGER_JSON_H_
