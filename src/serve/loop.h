// The event loop: one thread, input and output only. Nothing that runs on it may wait: no files, no names, no
// children, no databases, no models.
//
// Boost.Asio stands behind it and is seen by few sources only (loop.cc, http_connection.cc, http_server.cc,
// web_socket.cc, engine_call.cc, engine_client.cc, remote_engine.cc): it costs half a minute to compile.
#ifndef TOKCAST_SERVE_LOOP_H_
#define TOKCAST_SERVE_LOOP_H_

#include <functional>
#include <memory>

#include "base/units.h"

namespace boost::asio {
class io_context;  // NOLINT(readability-identifier-naming): the name is Boost's
}

namespace tokcast {

// Cancels when it goes.
class LoopTimer {
 public:
  virtual ~LoopTimer() = default;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Until stop(). The calling thread becomes the loop's. May be run again.
  void run();
  void stop();  // any thread

  // The one way in from other threads; in the order of the calls.
  void post(std::function<void()> work);
  // On the loop's thread, unless the timer goes before.
  std::unique_ptr<LoopTimer> after(Seconds delay, std::function<void()> work);
  // Calls `lag` every `period` with how much later than asked the loop came round.
  void watch_lag(Seconds period, std::function<void(Seconds)> lag);
  // Calls `ready` once when the descriptor can be read. It stays the caller's.
  void when_readable(int descriptor, std::function<void()> ready);

  // Since some fixed moment; never goes back.
  static Seconds now();

  boost::asio::io_context& context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_LOOP_H_
