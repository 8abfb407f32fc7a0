// Promises and actuals: the values that the ledger keeps.
//
// A promise is a forecast that was accepted, with all that decides whether it can be held to account: the
// model, the machine, the engine, the turn and its budgets. An actual is what happened later, measured by
// `tokcast bench`, by the server or by another program.
#ifndef TOKCAST_LEDGER_PROMISE_H_
#define TOKCAST_LEDGER_PROMISE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "engine/bench.h"
#include "engine/engine.h"
#include "forecast/experience.h"
#include "forecast/forecast.h"
#include "forecast/interval.h"
#include "machine/contention.h"
#include "machine/machine.h"

namespace tokcast {

// What a time depends on besides the model: a change of any of these is a reason for drift.
struct Site {
  std::string machine_identity;   // Machine::identity: kernel included
  std::string hardware_identity;  // Machine::hardware_identity: without it
  std::string machine_name;
  std::string kernel;           // "" if unknown
  std::string engine_identity;  // Engine::identity; "" for a program that is not known
  std::string engine_version;

  bool operator==(const Site&) const = default;
};

Site site_of(const Machine& machine, const Engine& engine);

// What is forecast of a turn, stage by stage. nullopt: nothing was said about it.
struct PromisedTimes {
  std::optional<Interval<Seconds>> cold_load{};  // the file on the disk
  std::optional<Interval<Seconds>> load{};       // the file in the page cache
  std::optional<Interval<TokensPerSecond>> prefill{};
  std::optional<Interval<TokensPerSecond>> decode{};
  std::optional<Interval<Seconds>> first_token{};
  std::optional<Interval<Seconds>> turn{};
};

PromisedTimes promised_times(const TurnForecast& turn);

enum class AcceptedBy { kSetup, kBench, kUser };

// "setup", "bench", "user".
std::string_view accepted_by_name(AcceptedBy by);

struct Promise {
  std::int64_t id = 0;         // given by the ledger; 0: not in it
  std::int64_t unix_time = 0;  // when it was accepted, seconds; 0: now
  AcceptedBy accepted_by = AcceptedBy::kUser;
  std::string model;  // Shape::id
  std::string quantization;
  std::string shape_key;  // of the shape; "" if unknown
  // Of the file that it was made for; nullopt: not known, or the model is several files.
  std::optional<std::string> file_sha256{};
  std::optional<Bytes> file_bytes{};
  std::optional<std::string> file_path{};      // absolute
  std::optional<std::int64_t> file_changed{};  // its modification time, nanoseconds since 1970
  Site site{};
  std::uint32_t threads = 1;
  Workload workload{};  // with its budgets
  Evidence evidence = Evidence::kEstimated;
  std::string source;
  double coverage = kCoverage;
  PromisedTimes times{};
  Verdict verdict = Verdict::kUnknown;
  // What the past of this machine had changed in `times` already (forecast/experience.h), so that a residual
  // can be taken of the forecast itself.
  Correction correction{};
};

enum class ActualKind { kBench, kTurn };

// "bench", "turn".
std::string_view actual_kind_name(ActualKind kind);

struct Actual {
  std::int64_t id = 0;  // given by the ledger; 0: not in it
  std::int64_t promise_id = 0;
  std::int64_t unix_time = 0;  // seconds; 0: now
  ActualKind kind = ActualKind::kTurn;
  Site site{};  // as it was then
  std::optional<std::uint32_t> threads{};
  std::uint32_t concurrency = 1;  // sessions that ran at once, this one included
  // The turn that this was; nullopt: as promised.
  std::optional<std::uint64_t> prompt_tokens{};
  std::optional<std::uint64_t> cached_tokens{};
  std::optional<std::uint64_t> reply_tokens{};
  std::optional<std::uint64_t> depth_tokens{};
  // What was measured; nullopt: it was not.
  std::optional<Seconds> cold_load{};
  std::optional<Seconds> load{};
  std::optional<Seconds> first_token{};
  std::optional<TokensPerSecond> prefill{};  // the engine's own figure, over the tokens that were not cached
  std::optional<TokensPerSecond> decode{};
  std::optional<Seconds> turn{};
  Contention contention{};
  // What was forecast for just this turn, from the same timings as the promise, where it is not the promised
  // one. Without it, a turn of other tokens than the promised ones is kept but not compared.
  PromisedTimes forecast{};
  std::optional<Bytes> compute_bytes{};  // the engine's scratch buffers, where it told
  std::vector<BenchSamples> samples{};   // raw, of a bench
  std::vector<Seconds> load_samples{};   // likewise, the file in the page cache
  std::vector<Seconds> cold_load_samples{};
};

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_PROMISE_H_
