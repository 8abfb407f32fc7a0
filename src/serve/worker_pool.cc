#include "serve/worker_pool.h"

#include <utility>

namespace tokcast {

WorkerPool::WorkerPool(std::size_t threads, std::size_t most_queued, AtEnd at_end)
    : most_queued_(most_queued), at_end_(at_end) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    if (at_end_ == AtEnd::kDropQueue) queue_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::run(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_ || queue_.size() >= most_queued_) return false;
    queue_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

std::size_t WorkerPool::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void WorkerPool::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    lock.lock();
  }
}

}  // namespace tokcast
