// Clients that begin and never end: requests half sent, a byte now and then, answers that nobody reads.
#ifndef TOKCAST_BENCH_SERVE_LOAD_SIEGE_H_
#define TOKCAST_BENCH_SERVE_LOAD_SIEGE_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "bench/serve_load/load_socket.h"

namespace tokcast {

enum class SiegeKind {
  kHalfHeader,    // and silence
  kSlowHeader,    // a byte every fifth of a second (slowloris)
  kSlowBody,      // likewise, of a body that was announced
  kUnreadAnswer,  // asks again and again and reads nothing
};

// So many stand at any time: one that the server closes is opened anew. Until it goes.
class Siege {
 public:
  Siege(std::uint16_t port, int connections, std::vector<SiegeKind> kinds);
  ~Siege();
  Siege(const Siege&) = delete;
  Siege& operator=(const Siege&) = delete;

 private:
  struct One {
    SiegeKind kind;
    LoadSocket socket;
  };
  LoadSocket open(SiegeKind kind) const;
  void press(One& one) const;
  void run();

  std::uint16_t port_;
  std::vector<One> all_{};  // the thread's after the start
  std::atomic<bool> stop_ = false;
  std::thread thread_{};
};

}  // namespace tokcast

#endif  // TOKCAST_BENCH_SERVE_LOAD_SIEGE_H_
