#include "serve/api.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "base/json.h"
#include "serve/audio_api.h"
#include "serve/openai.h"
#include "serve/page_api.h"

namespace tokcast {
namespace {

using Handler = void (*)(ServerState&, const std::shared_ptr<Exchange>&);

struct Route {
  std::string_view method;
  std::string_view path;
  enum class To {
    kClients,
    kBrowsers,  // who can say a token as a password only
    kAnybody    // without a token: says nothing but whether it lives
  } to;
  Handler handle;
};

// Larger bodies are parsed beside the loop: 64 kB take a millisecond.
constexpr std::size_t kParsedOnLoop = 64UL * 1024;

void reply_json(ServerState& state, const std::shared_ptr<Exchange>& exchange, const Json& json) {
  reply(state, exchange, {.body = json.dump(-1, ' ', false, Json::error_handler_t::replace)});
}

// --- about the server ---

void healthz(ServerState& state, const std::shared_ptr<Exchange>& exchange) {
  reply_json(state, exchange, {{"status", "ok"}});
}

void readyz(ServerState& state, const std::shared_ptr<Exchange>& exchange) {
  const bool is_ready = state.turns->is_ready() && !state.draining;
  Json body{{"status", state.draining ? "draining" : std::string(phase_name(state.engine.phase))},
            {"model", state.model.id},
            {"engine_starts", state.engine.starts}};
  if (!state.engine.reason.empty()) body["last_engine_end"] = state.engine.reason;
  if (state.engine.load_time) body["load_seconds"] = state.engine.load_time->value;
  WebAnswer answer{.status = is_ready ? 200U : 503U,
                   .body = body.dump(-1, ' ', false, Json::error_handler_t::replace)};
  if (!is_ready) {
    answer.headers.emplace_back("Retry-After",
                                std::to_string(std::lround(std::ceil(state.turns->retry_after().value))));
  }
  reply(state, exchange, std::move(answer));
}

void metrics(ServerState& state, const std::shared_ptr<Exchange>& exchange) {
  state.metrics.set(Gauge::kQueued, static_cast<double>(state.turns->queued()));
  state.metrics.set(Gauge::kQueuedTokens, static_cast<double>(state.turns->queued_tokens()));
  state.metrics.set(Gauge::kRunning, static_cast<double>(state.turns->running()));
  state.metrics.set(Gauge::kEngineReady, state.turns->is_ready() ? 1 : 0);
  for (const SpeechBackend& backend : state.speech->backends()) {
    if (backend.starts) state.metrics.set(Gauge::kRecogniserStarts, static_cast<double>(*backend.starts));
  }
  if (const auto ratio = state.turns->correction()) state.metrics.set(Gauge::kForecastCorrection, *ratio);
  reply(state, exchange,
        {.content_type = "text/plain; version=0.0.4; charset=utf-8",
         .body = state.metrics.text(state.version)});
}

void models(ServerState& state, const std::shared_ptr<Exchange>& exchange) {
  const ServedModel& model = state.model;
  Json meta{{"context_tokens", model.context_tokens}, {"threads", model.threads}};
  meta["parameters"] = model.parameters ? Json(*model.parameters) : Json(nullptr);
  meta["file_bytes"] = model.file_bytes ? Json(model.file_bytes->value) : Json(nullptr);
  const Json one{{"id", model.id},
                 {"object", "model"},
                 {"created", state.created},
                 {"owned_by", "tokcast"},
                 {"status", phase_name(state.engine.phase)},
                 {"meta", std::move(meta)}};
  reply_json(state, exchange, {{"object", "list"}, {"data", Json::array({one})}});
}

// --- turns ---

// One HTTP request's turn: relays what the engine writes. Lives as long as its callbacks.
class Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(ServerState& state, std::shared_ptr<Exchange> exchange)
      : state_(state), exchange_(std::move(exchange)) {}

  void start(ApiRequest request, std::string_view path) {
    TurnRequest turn{.protocol = "openai",
                     .client = exchange_->request().peer + "/" + request.user,
                     .path = std::string(path),
                     .body = std::move(request.body),
                     .stream = request.stream,
                     .wants_progress = request.wants_progress,
                     .prompt_bytes = request.prompt_bytes,
                     .reply_limit = request.reply_limit};
    turn.deadline = request.deadline.value_or(exchange_->request().deadline.value_or(state_.http_budget));
    TurnEvents events;
    events.settled = [account = state_.account](const TurnRecord& record) {
      if (account) account(served_turn(record));
    };
    events.event = [self = shared_from_this()](std::string_view data) { self->got_event(data); };
    events.answer = [self = shared_from_this()](unsigned status, std::string body) {
      self->answered_ = true;
      reply(self->state_, self->exchange_, {.status = status, .body = std::move(body)});
    };
    events.end = [self = shared_from_this()](const std::optional<TurnFailure>& failure) {
      self->ended(failure);
    };
    const auto id = state_.turns->start(std::move(turn), std::move(events));
    if (!id) return reply(state_, exchange_, failure_answer(id.error()));
    exchange_->on_gone([&state = state_, id = *id] { state.turns->cancel(id); });
  }

 private:
  void got_event(std::string_view data) {
    std::string part = fmt::format("data: {}\n\n", data);
    if (std::exchange(answered_, true)) return exchange_->write(std::move(part));
    state_.metrics.count(Counter::kHttpRequests, "200");
    exchange_->begin({.content_type = "text/event-stream",
                      .headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}},
                      .body = std::move(part)});
    streams_ = true;
  }

  void ended(const std::optional<TurnFailure>& failure) {
    if (streams_) {
      if (failure) exchange_->write(failure_event(*failure));
      return exchange_->end();
    }
    if (!answered_ && failure) reply(state_, exchange_, failure_answer(*failure));
  }

  ServerState& state_;
  std::shared_ptr<Exchange> exchange_;
  bool answered_ = false;
  bool streams_ = false;
};

std::string explain(const Error& error) {
  return error.place.empty() ? error.message : fmt::format("{}: {}", error.place, error.message);
}

void start_turn(ServerState& state, const std::shared_ptr<Exchange>& exchange, Result<ApiRequest> request,
                std::string_view path) {
  if (!request) return reply(state, exchange, error_answer(400, "bad_request", explain(request.error())));
  std::make_shared<Relay>(state, exchange)->start(std::move(*request), path);
}

template <ApiKind kKind>
void turn(ServerState& state, const std::shared_ptr<Exchange>& exchange) {
  const std::string path = exchange->request().path;
  std::string body = exchange->take_body();
  if (body.size() <= kParsedOnLoop) {
    return start_turn(state, exchange, read_api_request(kKind, body, state.limits), path);
  }
  const bool taken = state.parsers->run([&state, exchange, path, body = std::move(body)] {
    auto request = std::make_shared<Result<ApiRequest>>(read_api_request(kKind, body, state.limits));
    state.loop.post(
        [&state, exchange, path, request] { start_turn(state, exchange, std::move(*request), path); });
  });
  if (!taken) reply(state, exchange, error_answer(503, "busy", "too many large requests at once"));
}

constexpr std::array<Route, 12> kRoutes{{
    {"GET", "/", Route::To::kBrowsers, show_page},
    {"GET", kStatusPath, Route::To::kBrowsers, show_status},
    {"GET", "/healthz", Route::To::kAnybody, healthz},
    {"GET", "/readyz", Route::To::kAnybody, readyz},
    {"GET", "/health", Route::To::kAnybody, readyz},  // as llama-server names it
    {"GET", "/metrics", Route::To::kClients, metrics},
    {"GET", "/v1/models", Route::To::kClients, models},
    {"POST", "/v1/chat/completions", Route::To::kClients, turn<ApiKind::kChat>},
    {"POST", "/v1/completions", Route::To::kClients, turn<ApiKind::kCompletion>},
    {"POST", "/v1/embeddings", Route::To::kClients, turn<ApiKind::kEmbeddings>},
    {"POST", "/v1/audio/transcriptions", Route::To::kClients, transcribe},
    {"POST", "/v1/audio/speech", Route::To::kClients, speak_aloud},
}};

const Route* find_route(const WebRequest& request) {
  for (const Route& route : kRoutes) {
    const bool same_method =
        route.method == request.method || (route.method == "GET" && request.method == "HEAD");
    if (same_method && route.path == request.path) return &route;
  }
  return nullptr;
}

WebAnswer no_route(const WebRequest& request) {
  for (const Route& route : kRoutes) {
    if (route.path != request.path) continue;
    WebAnswer out =
        error_answer(405, "method_not_allowed", fmt::format("this is asked with {}", route.method));
    out.headers.emplace_back("Allow", route.method);
    return out;
  }
  return error_answer(404, "not_found", "there is nothing here: see /, /v1/models and /healthz");
}

// A browser asks its user then.
WebAnswer no_token(bool for_browsers) {
  WebAnswer out = error_answer(401, "no_token", "a valid token is needed: Authorization: Bearer ...");
  if (for_browsers)
    out.headers.emplace_back("WWW-Authenticate", "Basic realm=\"tokcast: the token is the password\"");
  return out;
}

std::optional<WebAnswer> refusal(const ServerState& state, const WebRequest& head, bool upgrade) {
  const Route* route = upgrade ? nullptr : find_route(head);
  AccessRules rules = state.access;
  const bool for_browsers = route != nullptr && route->to == Route::To::kBrowsers;
  if (route != nullptr && route->to == Route::To::kAnybody) rules.token.reset();
  const TokenWay way = upgrade        ? TokenWay::kNowOrLater
                       : for_browsers ? TokenWay::kBearerOrBasic
                                      : TokenWay::kBearer;
  switch (check_access(head, rules, way)) {
    case Access::kBadHost:
      return error_answer(403, "bad_host", "this server is not known under that name; see --allow-host");
    case Access::kBadOrigin:
      return error_answer(403, "bad_origin", "pages of that origin may not ask here; see --allow-origin");
    case Access::kNoToken:
      return no_token(for_browsers);
    case Access::kAllowed:
      break;
  }
  if (!upgrade && route == nullptr) return no_route(head);
  if (state.draining && (upgrade || head.method == "POST"))
    return error_answer(503, "draining", "the server ends");
  return std::nullopt;
}

}  // namespace

void reply(ServerState& state, const std::shared_ptr<Exchange>& exchange, WebAnswer answer) {
  state.metrics.count(Counter::kHttpRequests, std::to_string(answer.status));
  exchange->answer(std::move(answer));
}

HttpHandlers api_handlers(ServerState& state) {
  HttpHandlers out;
  out.admit = [&state](const WebRequest& head, bool upgrade) {
    auto answer = refusal(state, head, upgrade);
    if (answer) state.metrics.count(Counter::kHttpRequests, std::to_string(answer->status));
    return answer;
  };
  out.request = [&state](const std::shared_ptr<Exchange>& exchange) {
    find_route(exchange->request())->handle(state, exchange);
  };
  out.refuse = [&state](unsigned status, std::string_view why) {
    state.metrics.count(Counter::kHttpRequests, std::to_string(status));
    return error_answer(status, "refused", why);
  };
  return out;
}

}  // namespace tokcast
