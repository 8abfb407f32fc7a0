// Calls to the engine's own HTTP server, each on a connection of its own: closing it is how a call is
// cancelled, and frees the engine's slot.
#ifndef TOKCAST_SERVE_ENGINE_CLIENT_H_
#define TOKCAST_SERVE_ENGINE_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "serve/limits.h"
#include "serve/loop.h"

namespace tokcast {

struct EngineRequest {
  std::string method = "POST";
  std::string path{};
  std::string body{};
  std::string content_type = "application/json";
};

struct EngineEvents {
  std::function<void(unsigned status, std::string_view content_type)> head{};
  std::function<void(std::string_view bytes)> body{};  // as they come
  // Once, last; nothing after a cancel. Errors: kNetwork (cannot connect, broke off), kTimeout (silent),
  // kBadInput (not HTTP, or more than ServeLimits::answer).
  std::function<void(std::optional<Error>)> end{};
};

// Cancels when it goes.
class EngineCall {
 public:
  virtual ~EngineCall() = default;
};

class EngineClient {
 public:
  virtual ~EngineClient() = default;
  // Events come later, never from inside the call, on the loop's thread.
  virtual std::unique_ptr<EngineCall> call(EngineRequest request, EngineEvents events) = 0;
  // Whether it knows llama-server's "return_progress".
  virtual bool tells_progress() const { return false; }
};

// Over the Unix socket at a path that may change when the engine does.
class UnixEngineClient : public EngineClient {
 public:
  UnixEngineClient(Loop& loop, const ServeLimits& limits) : loop_(loop), limits_(limits) {}
  void set_socket(std::string path) { socket_path_ = std::move(path); }
  std::unique_ptr<EngineCall> call(EngineRequest request, EngineEvents events) override;
  bool tells_progress() const override { return true; }

 private:
  Loop& loop_;
  ServeLimits limits_;
  std::string socket_path_{};
};

// Over TCP to a port of 127.0.0.1, for servers that know no Unix sockets.
class LoopbackEngineClient : public EngineClient {
 public:
  LoopbackEngineClient(Loop& loop, const ServeLimits& limits) : loop_(loop), limits_(limits) {}
  void set_port(std::uint16_t port) { port_ = port; }
  std::unique_ptr<EngineCall> call(EngineRequest request, EngineEvents events) override;

 private:
  Loop& loop_;
  ServeLimits limits_;
  std::uint16_t port_ = 0;
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_ENGINE_CLIENT_H_
