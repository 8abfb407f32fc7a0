#include "serve/turns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "serve/sse.h"
#include "serve/whole_reply.h"

namespace tokcast {
namespace {

constexpr Seconds kLatePeriod{0.25};
constexpr std::size_t kParsedOnLoop = 256UL * 1024;  // a millisecond or two
constexpr Seconds kLoadRetry{5};                     // where nobody knows how long loading takes

struct Turn {
  TurnRequest request{};
  TurnEvents events{};
  TurnRecord record{};
  Seconds taken_in{};
  std::optional<Seconds> started{};
  std::unique_ptr<LoopTimer> deadline{};
  std::unique_ptr<EngineCall> call{};
  std::optional<SseParser> parser{};
  unsigned status = 0;
  bool is_event_stream = false;
  bool ended_well = false;  // "[DONE]" came
  std::string body{};
  WholeReply whole{};  // of a stream that is not handed on
};

std::optional<std::uint64_t> count_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number() || found->get<double>() < 0) return std::nullopt;
  return found->get<std::uint64_t>();
}

// What llama-server says in the last event or the answer.
std::optional<TurnSize> size_in(std::string_view text) {
  if (text.find("\"timings\"") == std::string_view::npos &&
      text.find("\"usage\"") == std::string_view::npos) {
    return std::nullopt;
  }
  if (text.size() > kParsedOnLoop) return std::nullopt;
  const auto json = parse_json(text, "the engine's answer");
  if (!json || !json->is_object()) return std::nullopt;
  if (const auto timings = json->find("timings"); timings != json->end() && timings->is_object()) {
    const auto prompt = count_in(*timings, "prompt_n");
    const auto reply = count_in(*timings, "predicted_n");
    const auto cached = count_in(*timings, "cache_n").value_or(0);
    if (prompt && reply) return TurnSize{*prompt + cached, cached, *reply};
  }
  if (const auto usage = json->find("usage"); usage != json->end() && usage->is_object()) {
    const auto prompt = count_in(*usage, "prompt_tokens");
    if (prompt) return TurnSize{*prompt, 0, count_in(*usage, "completion_tokens").value_or(0)};
  }
  return std::nullopt;
}

// A reply's first event names its role and has no text yet, or an empty one.
bool has_text(std::string_view data) {
  constexpr std::array<std::string_view, 3> kTexts{R"("content":")", R"("text":")",
                                                   R"("reasoning_content":")"};
  const auto is_filled = [data](std::string_view key) {
    const auto at = data.find(key);
    return at != std::string_view::npos && !data.substr(at + key.size()).starts_with('"');
  };
  return std::ranges::any_of(kTexts, is_filled) || data.find("\"tool_calls\"") != std::string_view::npos;
}

std::string busy_message(const AdmissionAnswer& answer, Seconds deadline) {
  if (*answer.refused != Refusal::kTooLate)
    return fmt::format("the queue is full ({})", refusal_name(*answer.refused));
  return fmt::format("forecast: {} of waiting and up to {} of work, but the deadline is {}",
                     format_seconds(answer.wait.value_or(Seconds(0))), format_seconds(answer.service->high),
                     format_seconds(deadline));
}

}  // namespace

std::string_view fault_name(TurnFault fault) {
  constexpr std::array<std::string_view, 5> kNames{"busy", "not_ready", "deadline", "engine_failed",
                                                   "cancelled"};
  return kNames.at(static_cast<std::size_t>(fault));
}

Json forecast_json(const TurnFailure& failure) {
  const auto seconds = [](const std::optional<Seconds>& s) { return s ? Json(s->value) : Json(nullptr); };
  Json service = nullptr;
  if (failure.service) {
    service = {{"low", failure.service->low.value},
               {"expected", failure.service->expected.value},
               {"high", failure.service->high.value}};
  }
  return {{"wait_seconds", seconds(failure.wait)},
          {"turn_seconds", std::move(service)},
          {"deadline_seconds", failure.deadline.value},
          {"retry_after_seconds", seconds(failure.retry_after)}};
}

struct Turns::Impl {
  Loop& loop;
  EngineClient& client;
  Metrics& metrics;
  ServeLimits limits;
  std::function<void(const TurnRecord&)> record;
  Admission admission;
  Pace pace{{}};
  std::optional<Interval<Seconds>> load{};
  EngineStatus engine{};
  Seconds engine_since = Loop::now();
  std::map<Id, Turn> turns{};
  Id next_id = 1;
  std::unique_ptr<LoopTimer> late_timer{};

  TurnFailure not_ready() const;
  TurnFailure loading() const;
  void pump();
  void run(Id id);
  void got_bytes(Id id, std::string_view bytes);
  void got_event(Id id, std::string_view data);
  void call_ended(Id id, const std::optional<Error>& error);
  static void hand_over(Turn& turn);
  std::optional<TurnFailure> failure_of(const Turn& turn, const std::optional<Error>& error) const;
  void finish(Id id, std::optional<TurnFailure> failure);
  void settle(Turn& turn, std::string_view outcome);
  void fail_queued();
};

TurnFailure Turns::Impl::loading() const {
  TurnFailure out{
      .fault = TurnFault::kNotReady, .message = "the model is loading", .retry_after = kLoadRetry};
  if (!load) return out;
  out.message +=
      fmt::format("; forecast: {}, at most {}", format_seconds(load->expected), format_seconds(load->high));
  const Seconds left = load->expected - (Loop::now() - engine_since);
  if (left > Seconds(0)) out.retry_after = std::max(Seconds(1), left);
  return out;
}

TurnFailure Turns::Impl::not_ready() const {
  TurnFailure out{.fault = TurnFault::kNotReady, .retry_after = kLoadRetry};
  switch (engine.phase) {
    case EnginePhase::kLoading:
      return loading();
    case EnginePhase::kStuck:
      out.message = "the engine does not answer";
      break;
    case EnginePhase::kFailed:
      out.message = "the engine ended and will be started again: " + engine.reason;
      out.retry_after = engine.retry_after.value_or(kLoadRetry) + Seconds(1);
      break;
    default:
      out.message = "the server ends";
      break;
  }
  return out;
}

void Turns::Impl::run(Id id) {
  Turn& turn = turns.at(id);
  turn.started = Loop::now();
  turn.record.was_started = true;
  turn.record.waited = *turn.started - turn.taken_in;
  metrics.observe(Histogram::kQueueWait, turn.record.waited);
  if (turn.events.started) turn.events.started();
  turn.parser.emplace(limits.event);
  EngineEvents events;
  events.head = [this, id](unsigned status, std::string_view type) {
    const auto found = turns.find(id);
    if (found == turns.end()) return;
    found->second.status = status;
    found->second.is_event_stream = type.starts_with("text/event-stream");
  };
  events.body = [this, id](std::string_view bytes) { got_bytes(id, bytes); };
  events.end = [this, id](const std::optional<Error>& error) { call_ended(id, error); };
  std::string body = std::move(turn.request.body);
  if (client.tells_progress() && !turn.request.wants_progress) body = with_progress_asked(std::move(body));
  turn.call = client.call({.path = turn.request.path, .body = std::move(body)}, std::move(events));
}

void Turns::Impl::got_bytes(Id id, std::string_view bytes) {
  const auto found = turns.find(id);
  if (found == turns.end()) return;
  if (!found->second.is_event_stream) {
    found->second.body += bytes;  // bounded by the client's ServeLimits::answer
    return;
  }
  // An event may lead its listener to cancel the turn: the parser must outlive that.
  SseParser parser = std::move(*found->second.parser);
  const auto fed = parser.feed(bytes, [this, id](std::string_view data) { got_event(id, data); });
  const auto still = turns.find(id);
  if (still == turns.end()) return;
  still->second.parser = std::move(parser);
  if (!fed) call_ended(id, fed.error());
}

void Turns::Impl::got_event(Id id, std::string_view data) {
  const auto found = turns.find(id);
  if (found == turns.end()) return;
  Turn& turn = found->second;
  if (is_progress(data) && !turn.request.wants_progress) return;
  if (data == "[DONE]") turn.ended_well = true;
  if (!turn.record.first_token && has_text(data)) {
    turn.record.first_token = Loop::now() - turn.taken_in;
    metrics.observe(Histogram::kFirstToken, *turn.record.first_token);
  }
  if (auto size = size_in(data)) turn.record.size = size;
  if (!turn.request.stream) {
    if (const auto added = turn.whole.add(data); !added) call_ended(id, added.error());
  } else if (const auto event = turn.events.event) {
    event(data);
  }
}

std::optional<TurnFailure> Turns::Impl::failure_of(const Turn& turn,
                                                   const std::optional<Error>& error) const {
  const bool was_cut = turn.is_event_stream && turn.status == 200 && !turn.ended_well;
  if (!error && !was_cut) return std::nullopt;
  const std::string why = error ? error->message : "the engine ended its reply early";
  return TurnFailure{.fault = TurnFault::kEngine, .message = why, .retry_after = Seconds(1)};
}

void Turns::Impl::hand_over(Turn& turn) {
  const auto answer = turn.events.answer;
  if (turn.is_event_stream) {
    if (!turn.request.stream && answer) answer(turn.status, turn.whole.text());
    return;
  }
  turn.record.size = size_in(turn.body);
  if (turn.status != 200) turn.record.outcome = "refused-by-engine";
  if (answer) answer(turn.status, std::move(turn.body));
}

void Turns::Impl::call_ended(Id id, const std::optional<Error>& error) {
  const auto found = turns.find(id);
  if (found == turns.end()) return;
  Turn& turn = found->second;
  auto failure = failure_of(turn, error);
  if (!failure) hand_over(turn);
  finish(id, std::move(failure));
}

void Turns::Impl::settle(Turn& turn, std::string_view outcome) {
  TurnRecord& out = turn.record;
  const Seconds now = Loop::now();
  out.total = now - turn.taken_in;
  if (out.outcome.empty()) out.outcome = outcome;
  metrics.count(Counter::kTurns, out.outcome);
  if (out.size) {
    out.forecast_of_size = pace.forecast(*out.size);
    metrics.count(Counter::kTokensIn, {}, static_cast<double>(out.size->prompt_tokens));
    metrics.count(Counter::kTokensOut, {}, static_cast<double>(out.size->reply_tokens));
  }
  if (out.outcome == "done") {
    metrics.observe(Histogram::kTurn, out.total);
    metrics.count(Counter::kPromises, out.total <= out.deadline ? "yes" : "no");
    if (out.forecast && out.forecast_wait) {
      metrics.observe(Histogram::kForecastTurn, *out.forecast_wait + out.forecast->turn.expected);
    }
    if (out.size && turn.started) {
      pace.learn({.prompt_bytes = turn.request.prompt_bytes, .size = *out.size, .turn = now - *turn.started});
    }
  } else if (out.outcome == fault_name(TurnFault::kDeadline)) {
    metrics.count(Counter::kPromises, "no");
  }
  record(out);
  if (turn.events.settled) turn.events.settled(out);
}

void Turns::Impl::finish(Id id, std::optional<TurnFailure> failure) {
  auto node = turns.extract(id);
  if (node.empty()) return;
  Turn& turn = node.mapped();
  turn.call.reset();
  admission.finish(id);
  settle(turn, failure ? fault_name(failure->fault) : "done");
  if (failure) failure->deadline = turn.request.deadline;
  if (turn.events.end) turn.events.end(failure);
  pump();
}

void Turns::Impl::pump() {
  const Seconds now = Loop::now();
  if (engine.phase != EnginePhase::kReady) return;
  for (const Id id : admission.take_late(now)) {
    metrics.count(Counter::kRefusals, "given-back");
    finish(id, TurnFailure{.fault = TurnFault::kBusy,
                           .message = "others went first, and now it would come too late",
                           .retry_after = Seconds(1)});
  }
  while (const auto id = admission.start_next(now)) run(*id);
  if (admission.queued() == 0) {
    late_timer.reset();
  } else if (!late_timer) {
    late_timer = loop.after(kLatePeriod, [this] {
      late_timer.reset();
      pump();
    });
  }
}

void Turns::Impl::fail_queued() {
  std::vector<Id> ids;
  for (const auto& [id, turn] : turns) {
    if (!turn.started) ids.push_back(id);
  }
  for (const Id id : ids) finish(id, not_ready());
}

Turns::Turns(Loop& loop, EngineClient& client, Metrics& metrics, const ServeLimits& limits,
             std::uint32_t slots, std::function<void(const TurnRecord&)> record)
    : impl_(new Impl{.loop = loop,
                     .client = client,
                     .metrics = metrics,
                     .limits = limits,
                     .record = std::move(record),
                     .admission = Admission({.queued = limits.queued,
                                             .tokens = limits.queued_tokens,
                                             .bytes = limits.queued_bytes,
                                             .slots = slots})}) {}

Turns::~Turns() = default;

void Turns::set_pace(Pace pace, std::optional<Interval<Seconds>> load) {
  impl_->pace = std::move(pace);
  impl_->load = load;
}

void Turns::set_engine(const EngineStatus& status) {
  if (status.phase != impl_->engine.phase) impl_->engine_since = Loop::now();
  impl_->engine = status;
  if (status.phase == EnginePhase::kReady) return impl_->pump();
  if (status.phase != EnginePhase::kStuck) impl_->fail_queued();
}

std::expected<Turns::Id, TurnFailure> Turns::start(TurnRequest request, TurnEvents events) {
  Impl& own = *impl_;
  if (!is_ready()) {
    own.metrics.count(Counter::kRefusals, "not-ready");
    TurnFailure failure = own.not_ready();
    failure.deadline = request.deadline;
    return std::unexpected(std::move(failure));
  }
  const Id id = own.next_id++;
  const Seconds now = Loop::now();
  const TurnSize size = own.pace.guess_size(request.prompt_bytes, request.reply_limit);
  const auto times = own.pace.times(size);
  TurnOffer offer{.id = id, .client = request.client, .deadline = now + request.deadline};
  if (times) offer.service = times->turn;
  offer.tokens = size.prompt_tokens + size.reply_tokens;
  offer.bytes = Bytes(request.body.size());
  const AdmissionAnswer answer = own.admission.offer(offer, now);
  if (answer.refused) {
    own.metrics.count(Counter::kRefusals, refusal_name(*answer.refused));
    return std::unexpected(TurnFailure{.fault = TurnFault::kBusy,
                                       .message = busy_message(answer, request.deadline),
                                       .retry_after = answer.retry_after,
                                       .refusal = answer.refused,
                                       .wait = answer.wait,
                                       .service = answer.service,
                                       .deadline = request.deadline});
  }
  Turn& turn = own.turns[id];
  turn.taken_in = now;
  turn.record = {.id = id,
                 .protocol = request.protocol,
                 .client = request.client,
                 .deadline = request.deadline,
                 .forecast_size = size,
                 .forecast = times,
                 .forecast_wait = answer.wait};
  turn.deadline = own.loop.after(request.deadline, [this, id] {
    impl_->finish(id, TurnFailure{.fault = TurnFault::kDeadline, .message = "the deadline passed"});
  });
  turn.request = std::move(request);
  turn.events = std::move(events);
  own.loop.post([this] { impl_->pump(); });
  return id;
}

void Turns::cancel(Id id) {
  const auto found = impl_->turns.find(id);
  if (found == impl_->turns.end()) return;
  found->second.events = {.settled = std::move(found->second.events.settled)};
  impl_->finish(id, TurnFailure{.fault = TurnFault::kCancelled});
}

bool Turns::is_ready() const {
  return impl_->engine.phase == EnginePhase::kReady;
}
Seconds Turns::retry_after() const {
  return impl_->not_ready().retry_after.value_or(kLoadRetry);
}
Turns::Id Turns::newest() const {
  return impl_->next_id - 1;
}
bool Turns::runs_up_to(Id id) const {
  return std::ranges::any_of(
      impl_->turns, [id](const auto& turn) { return turn.first <= id && turn.second.started.has_value(); });
}
std::size_t Turns::queued() const {
  return impl_->admission.queued();
}
std::size_t Turns::running() const {
  return impl_->admission.running();
}
std::uint64_t Turns::queued_tokens() const {
  return impl_->admission.queued_tokens();
}
std::optional<double> Turns::correction() const {
  return impl_->pace.correction();
}

}  // namespace tokcast
