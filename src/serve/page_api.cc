#include "serve/page_api.h"

#include <chrono>
#include <utility>

#include "base/text.h"
#include "serve/api.h"
#include "serve/event_log.h"
#include "serve/openai.h"
#include "serve/page_cache.h"

namespace tokcast {
namespace {

// What other sites' pages could do with an answer: read it as something else, keep it, put it into theirs.
void guard(WebAnswer& answer) {
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.headers.emplace_back("Cache-Control", "no-store");
  answer.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

WebAnswer page_answer(const ServerState& state, const PageCache::Page& page) {
  if (!page) return error_answer(500, "no_page", "the page could not be made: " + describe(page.error()));
  WebAnswer out{.content_type = "text/html; charset=utf-8", .shared_body = *page};
  guard(out);
  out.headers.emplace_back("Content-Security-Policy", state.page_policy);
  out.headers.emplace_back("Referrer-Policy", "no-referrer");
  return out;
}

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json recent_turns(const ServerState& state) {
  Json out = Json::array();
  for (const TurnRecord& record : state.recent) {
    Json one = record_json(record);
    one.erase("client");
    out.push_back(std::move(one));
  }
  return out;
}

Json status_of(const ServerState& state) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const Metrics& metrics = state.metrics;
  return {{"schema", "tokcast.status/1"},
          {"tool_version", state.version},
          {"unix_time_seconds", std::chrono::duration_cast<std::chrono::seconds>(now).count()},
          {"started_unix_time_seconds", state.created},
          {"model", {{"id", state.model.id}, {"display", state.model.display}}},
          {"phase", state.draining ? "draining" : std::string(phase_name(state.engine.phase))},
          {"running_turns", state.turns->running()},
          {"queued_turns", state.turns->queued()},
          {"queued_tokens", state.turns->queued_tokens()},
          {"connections", number(metrics.value(Gauge::kConnections))},
          {"web_sockets", number(metrics.value(Gauge::kWebSockets))},
          {"forecast_correction_ratio", number(state.turns->correction())},
          {"loop_lag_recent_max_seconds", number(metrics.value(Gauge::kLoopLagRecentMax))},
          {"loop_lag_max_seconds", number(metrics.value(Gauge::kLoopLagMax))},
          {"turns_within_deadline", metrics.value(Counter::kPromises, "yes")},
          {"turns_beyond_deadline", metrics.value(Counter::kPromises, "no")},
          {"refused_turns", metrics.total(Counter::kRefusals)},
          {"turns", recent_turns(state)}};
}

}  // namespace

void show_page(ServerState& state, const std::shared_ptr<Exchange>& exchange) {
  if (state.page == nullptr)
    return reply(state, exchange, error_answer(404, "not_found", "there is no page"));
  const bool taken = state.page->get(
      [&state, exchange](const PageCache::Page& page) { reply(state, exchange, page_answer(state, page)); });
  if (taken) return;
  WebAnswer busy = error_answer(503, "busy", "too many wait for the page");
  busy.headers.emplace_back("Retry-After", "2");
  reply(state, exchange, std::move(busy));
}

void show_status(ServerState& state, const std::shared_ptr<Exchange>& exchange) {
  WebAnswer out{.body = status_of(state).dump(-1, ' ', false, Json::error_handler_t::replace)};
  guard(out);
  reply(state, exchange, std::move(out));
}

}  // namespace tokcast
