// What the parts of the running server share. On the loop's thread, except where a member says otherwise.
#ifndef TOKCAST_SERVE_SERVER_STATE_H_
#define TOKCAST_SERVE_SERVER_STATE_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "serve/access.h"
#include "serve/limits.h"
#include "serve/loop.h"
#include "serve/metrics.h"
#include "serve/served_turn.h"
#include "serve/supervisor.h"
#include "serve/turns.h"
#include "serve/worker_pool.h"
#include "speech/speech.h"

namespace tokcast {

class PageCache;

struct ServedModel {
  std::string id{};    // as clients name it
  std::string path{};  // of the file
  std::string display{};
  std::optional<std::uint64_t> parameters{};
  std::optional<Bytes> file_bytes{};
  std::uint64_t context_tokens = 0;  // of one session
  std::uint32_t threads = 1;
  std::uint32_t gpu_layers = 0;
};

struct ServerState {
  Loop& loop;
  ServeLimits limits{};
  AccessRules access{};
  ServedModel model{};
  Seconds turn_budget{10};    // of a local-ai turn that names no deadline: its clients wait no longer
  Seconds http_budget{120};   // of an HTTP request that names none
  std::uint64_t created = 0;  // Unix time of the start
  std::string version{};
  Metrics metrics{};
  EngineStatus engine{};
  bool draining = false;
  Turns* turns = nullptr;
  std::uint64_t sessions = 0;        // WebSockets so far
  std::shared_ptr<Speech> speech{};  // never nullptr once the server runs; any thread
  std::size_t sounds = 0;            // HTTP requests about sound that are being answered
  std::function<void(std::string_view event, const Json& facts)> log{};  // may be empty
  TurnAccount account{};                                                 // likewise; of `model`
  std::deque<TurnRecord> recent{};                                       // turns that ended, newest first
  PageCache* page = nullptr;  // what browsers get; nullptr: nothing
  std::string page_policy{};  // its Content-Security-Policy
  // Serves another model; `done` when it is ready or cannot be.
  std::function<void(std::string path, std::function<void(Result<void>)> done)> switch_model{};
  WorkerPool* parsers = nullptr;  // for bodies that would hold the loop up
  WorkerPool* recognition = nullptr;
  WorkerPool* synthesis = nullptr;
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_SERVER_STATE_H_
