// HTTP and WebSockets as the server's core sees them: values and callbacks, no sockets.
//
// Everything here is called on the loop's thread.
#ifndef TOKCAST_SERVE_HTTP_H_
#define TOKCAST_SERVE_HTTP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/units.h"

namespace tokcast {

struct WebRequest {
  std::string method{};  // "GET", "POST"; upper case
  std::string target{};  // as sent: path and query
  std::string path{};    // without the query
  std::string host{};    // header Host; empty: none
  std::optional<std::string> origin{};
  std::string authorization{};
  std::optional<Seconds> deadline{};  // header X-Tokcast-Deadline-Seconds, if it is a positive number
  std::string content_type{};
  std::string peer{};  // address of the other end, without its port
  std::string body{};
};

struct WebAnswer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::shared_ptr<const std::string> shared_body{};  // instead of `body`: one text for many answers

  std::string_view text() const { return shared_body ? std::string_view(*shared_body) : body; }
};

// One request and what becomes of it: either answer() once, or begin(), any number of write() and end().
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const WebRequest& request() const = 0;
  virtual void answer(WebAnswer answer) = 0;
  // Headers of a stream (chunked). `answer.body` is its first part.
  virtual void begin(WebAnswer answer) = 0;
  virtual void write(std::string part) = 0;
  virtual void end() = 0;
  // Called once if the client goes, or stops reading, before the end (at once if it went before). After it
  // all of the above do nothing.
  virtual void on_gone(std::function<void()> gone) = 0;
  // The body's memory is not needed any more.
  virtual std::string take_body() = 0;
};

// One WebSocket.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // Both are queued; beyond ServeLimits::unsent the socket is closed as a slow reader.
  virtual void send_text(std::string text) = 0;
  virtual void send_binary(std::string bytes) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
};

struct WebSocketEvents {
  std::function<void(std::string text)> text{};
  std::function<void(std::string bytes)> binary{};
  std::function<void()> closed{};  // once, for whatever reason; nothing comes after it
};

// What the core hands to the listener.
struct HttpHandlers {
  // Asked when the header was read, before the body: an answer refuses it (and the body stays unread).
  std::function<std::optional<WebAnswer>(const WebRequest& head, bool upgrade)> admit{};
  std::function<void(std::shared_ptr<Exchange>)> request{};
  std::function<WebSocketEvents(std::shared_ptr<WebSocket>, const WebRequest& head)> web_socket{};
  // A refusal that the listener itself has to make: 400, 408, 413, 431, 503.
  std::function<WebAnswer(unsigned status, std::string_view why)> refuse{};
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_HTTP_H_
