// The engine that answers and, while another model is loaded, the one that will: it takes over once it is
// ready, and the old one ends when its turns have. On the loop's thread.
#ifndef TOKCAST_SERVE_ENGINES_H_
#define TOKCAST_SERVE_ENGINES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "serve/loop.h"
#include "serve/supervisor.h"
#include "serve/worker_pool.h"

namespace tokcast {

class Engines {
 public:
  using Changed = std::function<void(const EngineStatus&)>;

  // `changed` is told of the one that answers. Ending a process takes time: that is done on `waiters`. All
  // must outlive this.
  Engines(Loop& loop, WorkerPool& waiters, std::string runtime_directory, Changed changed);
  // Ends them all, and waits for that.
  ~Engines();
  Engines(const Engines&) = delete;
  Engines& operator=(const Engines&) = delete;

  void start(const EngineSpec& spec);
  // Ends the one that answers and starts this in its place.
  void replace(EngineSpec spec);
  // Loads one beside the one that answers. `decided` is told once: ready, and then it answers from now on
  // (`changed` is told next), or anything else, and then it is gone and nothing has changed. The old one
  // stays until `is_done` says so, at most for `patience`.
  void load_beside(const EngineSpec& spec, Changed decided, std::function<bool()> is_done, Seconds patience);

 private:
  struct One {
    std::uint64_t number = 0;
    std::unique_ptr<Supervisor> supervisor{};
  };
  struct Leaving {
    std::shared_ptr<std::unique_ptr<Supervisor>> supervisor{};  // whoever holds a copy may end it
    std::function<bool()> is_done{};
    Seconds until{};
  };

  One supervise(const EngineSpec& spec);
  void told(std::uint64_t number, const EngineStatus& status);
  void told_beside(const EngineStatus& status);
  void leave(One one, std::function<bool()> is_done, Seconds patience);
  void see_off();

  Loop& loop_;
  WorkerPool& waiters_;
  std::string runtime_directory_;
  Changed changed_;
  std::uint64_t numbers_ = 0;
  One current_{};
  One beside_{};
  Changed decided_{};
  std::function<bool()> is_done_{};
  Seconds patience_{};
  std::vector<Leaving> leaving_{};
  std::unique_ptr<LoopTimer> timer_{};
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_ENGINES_H_
