// The engine's server as a child that is started, asked after, restarted and ended; in a thread of its own.
//
// The child listens on a Unix socket in a private folder, so that nobody but us can reach it, and dies with
// us however we die (base/child.h). After a crash it comes back after 0.5 s, then 1, 2, 4 ... 30 s. One that
// knows no Unix sockets gets a port of loopback, another one at every start (loopback_port.h).
#ifndef TOKCAST_SERVE_SUPERVISOR_H_
#define TOKCAST_SERVE_SUPERVISOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

struct EngineSpec {
  // The whole command line; "{socket}" stands for the path it shall listen on, or "{port}" for the port of
  // 127.0.0.1.
  std::vector<std::string> arguments{};
  std::vector<std::pair<std::string, std::string>> environment{};
  std::string model{};                  // for messages
  std::string health_path = "/health";  // asked for with GET
  std::vector<unsigned> healthy{200};   // statuses that say it is ready
};

struct SupervisorOptions {
  EngineSpec spec{};
  std::string runtime_directory{};  // ours alone, mode 0700
  std::string name = "engine";      // of its sockets in there
  int niceness = 5;                 // behind the loop and speech
  Seconds first_pause{0.5};         // before a restart; doubles
  Seconds longest_pause{30};
  Seconds healthy_after{60};  // of good service, and the pause is short again
  Seconds probe_period{1};
  Seconds probe_time{1};
  Seconds stuck_after{5};    // without an answer: not ready
  Seconds killed_after{30};  // without an answer: killed and started anew
};

enum class EnginePhase {
  kLoading,  // runs, not ready yet
  kReady,
  kStuck,   // runs, does not answer
  kFailed,  // ended; will be started again
  kStopped  // by us, for good
};

// "loading", "ready", "stuck", "failed", "stopped".
std::string_view phase_name(EnginePhase phase);

struct EngineStatus {
  EnginePhase phase = EnginePhase::kLoading;
  std::string socket_path{};            // empty: it listens on a port
  std::optional<std::uint16_t> port{};  // of 127.0.0.1, instead
  std::string model{};
  std::optional<int> pid{};
  std::string reason{};      // how it ended last, with its own last words; empty: it never did
  std::uint64_t starts = 0;  // the first one included
  std::optional<Seconds> load_time{};
  std::optional<Seconds> retry_after{};  // while kFailed
};

class Supervisor {
 public:
  // `changed` is called from the supervisor's thread, at every change.
  Supervisor(SupervisorOptions options, std::function<void(const EngineStatus&)> changed);
  // Ends the child and waits for its end.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Ends the child and starts one of another kind in its place. Any thread; returns at once.
  void replace(EngineSpec spec);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The status of a GET over a Unix socket within `time`; nullopt if there was none. Blocks.
std::optional<unsigned> probe_unix_http(const std::string& socket_path, std::string_view target,
                                        Seconds time);

// The same over TCP, from a port of 127.0.0.1 that a process of ours listens on.
std::optional<unsigned> probe_loopback_http(std::uint16_t port, std::string_view target, Seconds time);

// A new folder of mode 0700 below $XDG_RUNTIME_DIR or the temporary one, with a name that a socket's path has
// room for. Removes those that servers which are no more left behind. Errors: kIo.
Result<std::string> make_runtime_directory();

}  // namespace tokcast

#endif  // TOKCAST_SERVE_SUPERVISOR_H_
