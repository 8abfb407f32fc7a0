#include "serve/event_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

namespace tokcast {
namespace {

Json seconds(const std::optional<Seconds>& value) {
  return value ? Json(value->value) : Json(nullptr);
}

std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                     millis);
}

}  // namespace

Json record_json(const TurnRecord& record) {
  Json out{{"turn", record.id},
           {"protocol", record.protocol},
           {"client", record.client},
           {"outcome", record.outcome},
           {"deadline_seconds", record.deadline.value},
           {"waited_seconds", record.waited.value},
           {"first_token_seconds", seconds(record.first_token)},
           {"total_seconds", record.total.value},
           {"forecast_wait_seconds", seconds(record.forecast_wait)}};
  out["forecast_seconds"] = record.forecast ? Json{{"low", record.forecast->turn.low.value},
                                                   {"expected", record.forecast->turn.expected.value},
                                                   {"high", record.forecast->turn.high.value}}
                                            : Json(nullptr);
  out["prompt_tokens"] = record.size ? Json(record.size->prompt_tokens) : Json(nullptr);
  out["cached_tokens"] = record.size ? Json(record.size->cached_tokens) : Json(nullptr);
  out["reply_tokens"] = record.size ? Json(record.size->reply_tokens) : Json(nullptr);
  return out;
}

Json status_json(const EngineStatus& status) {
  Json out{{"phase", phase_name(status.phase)}, {"model", status.model}, {"starts", status.starts}};
  out["pid"] = status.pid ? Json(*status.pid) : Json(nullptr);
  out["load_seconds"] = seconds(status.load_time);
  if (!status.reason.empty()) out["last_end"] = status.reason;
  if (status.retry_after) out["retry_after_seconds"] = status.retry_after->value;
  return out;
}

EventLog::EventLog(std::optional<int> descriptor)
    : writer_(descriptor ? std::make_unique<LineWriter>(*descriptor) : nullptr) {}

void EventLog::write(std::string_view event, const Json& facts) {
  if (!writer_) return;
  Json line{{"time", utc_now()}, {"event", event}};
  line.update(facts);
  writer_->write(line.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace tokcast
