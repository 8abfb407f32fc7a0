// A few threads and a bounded queue, for work that would hold the loop up.
#ifndef TOKCAST_SERVE_WORKER_POOL_H_
#define TOKCAST_SERVE_WORKER_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tokcast {

class WorkerPool {
 public:
  enum class AtEnd { kDropQueue, kFinishQueue };

  WorkerPool(std::size_t threads, std::size_t most_queued, AtEnd at_end = AtEnd::kDropQueue);
  // Lets running work end.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Any thread. False: the queue is full, and `work` will not run.
  bool run(std::function<void()> work);
  std::size_t queued() const;

 private:
  void serve();

  std::size_t most_queued_;
  AtEnd at_end_;
  mutable std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<std::function<void()>> queue_{};  // under mutex_
  bool stop_ = false;                          // under mutex_
  std::vector<std::thread> threads_{};
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_WORKER_POOL_H_
