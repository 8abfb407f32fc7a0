// One local-ai WebSocket's conversation: a state machine without sockets. What it wants of the world it asks
// of its port; what it is told comes in through its methods. On the loop's thread.
//
// Requests of one session run one after the other, in order. After a barge_in nothing of what it cancelled is
// answered any more.
#ifndef TOKCAST_SERVE_SESSION_H_
#define TOKCAST_SERVE_SESSION_H_

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "serve/limits.h"
#include "serve/local_ai.h"
#include "serve/timeline.h"
#include "serve/turns.h"
#include "speech/speech.h"

namespace tokcast {

class SessionPort {
 public:
  virtual ~SessionPort() = default;
  virtual void send_text(std::string text) = 0;
  virtual void send_binary(std::string bytes) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;

  virtual std::expected<Turns::Id, TurnFailure> start_turn(TurnRequest request, TurnEvents events) = 0;
  virtual void cancel_turn(Turns::Id id) = 0;

  // Sound of this session, in order. `heard` is called for everything that it brings, later, with the moment
  // at which the sound that brought it had come in. False: too much waits already, and this was dropped.
  virtual bool hear(std::string pcm16, const RecogniserOptions& options,
                    std::function<void(Result<Recognised>, Seconds came_in)> heard) = 0;
  // Forgets what was heard and what waits; nothing of it is reported any more.
  virtual void stop_hearing() = 0;
  // All the sound of one piece of text. Later, in the order of the calls. False: too much waits already.
  virtual bool speak(SynthesisRequest request, std::function<void(Result<std::string>)> spoken) = 0;
  virtual void stop_speaking() = 0;

  virtual Seconds now() const = 0;  // Loop::now()
  // A turn was answered, spoken or not.
  virtual void turn_answered(const TurnTimeline& timeline) = 0;
  // The last turn that was started is over, with all that was to be spoken of it. `was_cut`: by a barge-in,
  // or because the client went.
  virtual void turn_over(const TurnTimeline& timeline, bool was_cut) = 0;

  virtual std::string recogniser_name() const = 0;
  virtual std::string synthesiser_name() const = 0;
  virtual Json status() const = 0;  // the fields of status_response
  virtual std::vector<SpeechBackend> backends() const = 0;
  // Loads another model (or the same one anew, if empty); `done` when it is ready or cannot be.
  virtual void switch_model(std::string path, std::function<void(Result<void>)> done) = 0;
  virtual std::string model_path() const = 0;
};

struct SessionOptions {
  std::optional<std::string> token{};  // nullopt: none is needed, or it was given with the handshake
  Seconds turn_budget{10};
  std::string client{};  // for fairness and logs
  ServeLimits limits{};
};

class Session {
 public:
  // The port must outlive it.
  Session(SessionPort& port, SessionOptions options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void got_text(std::string_view frame);
  void got_binary(std::string bytes);
  // The socket is gone: cancels everything.
  void closed();

  struct Impl;  // session_impl.h

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_SESSION_H_
