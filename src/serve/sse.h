// Server-sent events, as the engine streams them: bytes in pieces of any size, out come whole events.
#ifndef TOKCAST_SERVE_SSE_H_
#define TOKCAST_SERVE_SSE_H_

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

class SseParser {
 public:
  explicit SseParser(Bytes largest_event) : limit_(largest_event) {}

  // Calls `event` with the data of every event that these bytes complete: its "data:" lines joined with line
  // ends. Comments and other fields are dropped. Errors: kBadInput (an event larger than allowed); after that
  // nothing more may be fed.
  Result<void> feed(std::string_view bytes, const std::function<void(std::string_view data)>& event);

 private:
  void take_line(std::string_view line, const std::function<void(std::string_view)>& event);

  Bytes limit_;
  std::string line_{};
  std::string data_{};
  bool has_data_ = false;
  bool after_return_ = false;  // a line feed right after a carriage return belongs to it
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_SSE_H_
