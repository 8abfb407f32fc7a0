// Asks for a server's health all the while from outside, each time on a connection of its own.
#ifndef TOKCAST_BENCH_SERVE_LOAD_LOAD_PINGER_H_
#define TOKCAST_BENCH_SERVE_LOAD_LOAD_PINGER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "bench/serve_load/load_report.h"

namespace tokcast {

struct PingerResult {
  LoadSamples answered{};
  int unanswered = 0;  // within the patience
};

// "p99 ..., 3 without an answer within 5 s".
std::string summary(const PingerResult& result);

class LoadPinger {
 public:
  explicit LoadPinger(std::uint16_t port, std::string path = "/healthz");
  ~LoadPinger();
  LoadPinger(const LoadPinger&) = delete;
  LoadPinger& operator=(const LoadPinger&) = delete;

  PingerResult stop();

 private:
  void run();

  std::uint16_t port_;
  std::string path_;
  std::atomic<bool> stop_ = false;
  PingerResult result_{};  // the thread's until it has ended
  std::thread thread_;
};

}  // namespace tokcast

#endif  // TOKCAST_BENCH_SERVE_LOAD_LOAD_PINGER_H_
