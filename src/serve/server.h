// `tokcast serve`, put together: the loop, the listener, the engine's supervisor, the protocols, the
// accounts.
#ifndef TOKCAST_SERVE_SERVER_H_
#define TOKCAST_SERVE_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "serve/access.h"
#include "serve/http_server.h"
#include "serve/limits.h"
#include "serve/pace.h"
#include "serve/remote_engine.h"
#include "serve/server_state.h"
#include "serve/supervisor.h"
#include "serve/turns.h"
#include "speech/speech.h"

namespace tokcast {

// A model that can be served, ready to start.
struct Servable {
  ServedModel model{};
  EngineSpec spec{};
  std::optional<RemoteEngine> remote{};     // instead of `spec`
  TurnForecaster forecaster{};              // called on the loop: quick
  std::optional<Interval<Seconds>> load{};  // forecast of its loading; nullopt: not known
  std::optional<Seconds> turn_budget{};     // as promised of it; nullopt: ServeOptions::turn_budget holds
  std::optional<Bytes> memory_need{};       // weights, context and all
  std::optional<Bytes> memory_left{};       // when it was looked at, whatever else was loaded
  // Called for every turn that was taken in and for sound by HTTP, when it is over, on a thread that may
  // wait; may be empty.
  std::function<void(const ServedTurn&)> account{};
};

struct ServeOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  ServeLimits limits{};
  AccessRules access{};
  std::optional<TlsFiles> tls{};  // nullopt: without
  Servable servable{};
  std::uint32_t slots = 1;
  Seconds turn_budget{10};
  Seconds http_budget{120};
  std::string version{};
  // For people, one line each; called on the loop's thread, so it must not wait.
  std::function<void(const std::string&)> say{};
  std::optional<int> log_descriptor{};  // JSON lines
  // The page for browsers, which is large and may take long: called on a thread of its own, whenever the last
  // one is old. Empty: there is none.
  std::function<Result<std::string>()> make_page{};
  std::string page_policy{};  // its Content-Security-Policy
  // Called on a thread of its own at the start; empty: there is none.
  std::function<std::unique_ptr<Speech>()> make_speech{};
  std::size_t speech_threads = 1;  // for recognition, and as many for synthesis
  // Resolves a model that a client wants to switch to; called on a thread of its own.
  std::function<Result<Servable>(const std::string& model)> find_model{};
};

struct ServeEnd {
  int signal = 0;
  bool cut = false;  // turns still ran when the time to drain was over
};

// Until SIGINT or SIGTERM (base/interrupt.h). The calling thread becomes the loop's. Errors: kUsage
// (address), kIo (cannot listen, cannot make the runtime folder), kBadInput (certificate or key).
Result<ServeEnd> serve(ServeOptions options);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_SERVER_H_
