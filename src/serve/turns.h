// Turns of the engine: admitted, queued, run, cancelled, accounted. Both protocols go through here.
//
// On the loop's thread.
#ifndef TOKCAST_SERVE_TURNS_H_
#define TOKCAST_SERVE_TURNS_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/units.h"
#include "serve/admission.h"
#include "serve/engine_client.h"
#include "serve/limits.h"
#include "serve/loop.h"
#include "serve/metrics.h"
#include "serve/pace.h"
#include "serve/supervisor.h"

namespace tokcast {

struct TurnRequest {
  std::string protocol{};  // "openai" or "local-ai"
  std::string client{};    // whose turn it is, for fairness
  Seconds deadline{};      // from now
  std::string path{};      // at the engine: "/v1/chat/completions"
  std::string body{};      // JSON, for the engine; asks for a stream (serve/whole_reply.h) where there is one
  bool stream = false;     // whether whoever asks wants the events, or the whole answer at once
  bool wants_progress = false;  // and those that tell how far the prompt is
  std::uint64_t prompt_bytes = 0;
  std::optional<std::uint64_t> reply_limit{};
};

enum class TurnFault {
  kBusy,       // refused, or given back: it would come too late, or the queue is full
  kNotReady,   // no engine is ready
  kDeadline,   // it was cut at its deadline
  kEngine,     // the engine broke off or answered nonsense
  kCancelled,  // by whoever asked
};

// "busy", "not_ready", "deadline", "engine_failed", "cancelled".
std::string_view fault_name(TurnFault fault);

struct TurnFailure {
  TurnFault fault = TurnFault::kEngine;
  std::string message{};
  std::optional<Seconds> retry_after{};
  std::optional<Refusal> refusal{};  // of kBusy
  std::optional<Seconds> wait{};     // forecast; nullopt: not known
  std::optional<Interval<Seconds>> service{};
  Seconds deadline{};
};

// What both protocols tell of a refusal: {"wait_seconds", "turn_seconds": {"low", "expected", "high"},
// "deadline_seconds", "retry_after_seconds"}; null: not known.
Json forecast_json(const TurnFailure& failure);

// What became of a turn, for the ledger and the log.
struct TurnRecord {
  std::uint64_t id = 0;
  std::string protocol{};
  std::string client{};
  std::string outcome{};  // "done" or a fault's name, or "refused-by-engine"
  Seconds deadline{};
  std::optional<TurnSize> forecast_size{};
  std::optional<TurnTimes> forecast{};  // in the engine
  std::optional<Seconds> forecast_wait{};
  bool was_started = false;              // the engine took it up
  Seconds waited{};                      // in the queue until then
  std::optional<Seconds> first_token{};  // since it was taken in; nullopt: there was none
  Seconds total{};                       // since it was taken in
  // Of the turn as it was, by the forecaster alone: what it can be held to.
  std::optional<TurnTimes> forecast_of_size{};
  std::optional<TurnSize> size{};  // as the engine counted; nullopt: it did not say
};

struct TurnEvents {
  // The engine takes it up; the queue ends here. May be empty.
  std::function<void()> started{};
  // Streams: the data of one event, as the engine wrote it, "[DONE]" included.
  std::function<void(std::string_view data)> event{};
  // Anything else: the whole answer, which may be an engine's refusal (status 400 ...).
  std::function<void(unsigned status, std::string body)> answer{};
  // What became of it, before `end`; after cancel() too. May be empty.
  std::function<void(const TurnRecord& record)> settled{};
  // Last. Not called after cancel().
  std::function<void(const std::optional<TurnFailure>& failure)> end{};
};

class Turns {
 public:
  using Id = std::uint64_t;

  // `record` is called at the end of every turn that was taken in. All must outlive this.
  Turns(Loop& loop, EngineClient& client, Metrics& metrics, const ServeLimits& limits, std::uint32_t slots,
        std::function<void(const TurnRecord&)> record);
  ~Turns();
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Of the model that is served from now on; `load`: the forecast of its loading, nullopt: not known.
  void set_pace(Pace pace, std::optional<Interval<Seconds>> load = {});
  void set_engine(const EngineStatus& status);

  // Events come later, never from inside this call.
  std::expected<Id, TurnFailure> start(TurnRequest request, TurnEvents events);
  // No event comes any more. Unknown ids are ignored.
  void cancel(Id id);

  bool is_ready() const;
  // While it is not: when to ask again.
  Seconds retry_after() const;
  // The newest that was taken in, and whether any up to it still runs.
  Id newest() const;
  bool runs_up_to(Id id) const;
  std::size_t queued() const;
  std::size_t running() const;
  std::uint64_t queued_tokens() const;
  std::optional<double> correction() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_TURNS_H_
