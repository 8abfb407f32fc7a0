// Lines to a descriptor that may block, from threads that must not: a bounded queue and a thread.
#ifndef TOKCAST_SERVE_LINE_WRITER_H_
#define TOKCAST_SERVE_LINE_WRITER_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace tokcast {

class LineWriter {
 public:
  // The descriptor stays the caller's.
  explicit LineWriter(int descriptor, std::size_t most_lines = 2000);
  // Writes what is queued, unless the descriptor blocks for longer than a second.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Any thread. Adds the line end; drops the line if the queue is full.
  void write(std::string line);
  std::uint64_t dropped() const;

 private:
  void run();

  int descriptor_;
  std::size_t most_lines_;
  mutable std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<std::string> lines_{};  // all below under mutex_
  std::uint64_t dropped_ = 0;
  bool stop_ = false;
  std::thread thread_{};
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_LINE_WRITER_H_
