// The server's log: one JSON object a line, with a time, an event and its facts. Never a token, never what
// users say.
#ifndef TOKCAST_SERVE_EVENT_LOG_H_
#define TOKCAST_SERVE_EVENT_LOG_H_

#include <memory>
#include <optional>
#include <string_view>

#include "base/json.h"
#include "serve/line_writer.h"
#include "serve/supervisor.h"
#include "serve/turns.h"

namespace tokcast {

Json record_json(const TurnRecord& record);
Json status_json(const EngineStatus& status);

class EventLog {
 public:
  explicit EventLog(std::optional<int> descriptor);
  // Adds "time" (UTC) and "event". Does nothing without a descriptor.
  void write(std::string_view event, const Json& facts);
  std::uint64_t dropped() const { return writer_ ? writer_->dropped() : 0; }

 private:
  std::unique_ptr<LineWriter> writer_;
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_EVENT_LOG_H_
