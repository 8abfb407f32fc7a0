#include "ledger/promise.h"

namespace tokcast {

Site site_of(const Machine& machine, const Engine& engine) {
  return {.machine_identity = machine.identity(),
          .hardware_identity = machine.hardware_identity(),
          .machine_name = machine.name,
          .kernel = machine.kernel,
          .engine_identity = engine.identity,
          .engine_version = engine.version};
}

PromisedTimes promised_times(const TurnForecast& turn) {
  PromisedTimes out{.cold_load = turn.cold_load,
                    .load = turn.load,
                    .decode = turn.decode,
                    .first_token = turn.first_token,
                    .turn = turn.turn};
  if (turn.prefill.expected.value > 0) out.prefill = turn.prefill;
  return out;
}

std::string_view accepted_by_name(AcceptedBy by) {
  switch (by) {
    case AcceptedBy::kSetup:
      return "setup";
    case AcceptedBy::kBench:
      return "bench";
    case AcceptedBy::kUser:
      return "user";
  }
  return "user";
}

std::string_view actual_kind_name(ActualKind kind) {
  return kind == ActualKind::kBench ? "bench" : "turn";
}

}  // namespace tokcast
