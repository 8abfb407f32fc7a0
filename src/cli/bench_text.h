// A bench for people and for programs.
#ifndef TOKCAST_CLI_BENCH_TEXT_H_
#define TOKCAST_CLI_BENCH_TEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/terminal.h"
#include "engine/batched_bench.h"
#include "forecast/forecast.h"
#include "ledger/promise.h"
#include "ledger/summary.h"
#include "measure/measurement.h"
#include "model/shape.h"

namespace tokcast {

struct BenchReport {
  const Shape& shape;
  std::string path;
  Promise promise{};          // as it is in the ledger
  bool promised_now = false;  // by the forecast just before this run
  Measurement measurement{};
  MeasuredTurn turn{};
  Actual actual{};                       // as it is in the ledger
  std::optional<BatchedRun> together{};  // several sessions at once
  Verdict verdict = Verdict::kUnknown;   // of what was measured against the budgets
};

// The measured turn against the budgets: at risk if only the slowest samples break them.
Verdict verdict_of(const MeasuredTurn& turn, const Workload& workload);

std::string bench_text(const BenchReport& report, const Terminal& terminal);

// `tokcast.bench/1`.
Json bench_to_json(const BenchReport& report);

}  // namespace tokcast

#endif  // TOKCAST_CLI_BENCH_TEXT_H_
