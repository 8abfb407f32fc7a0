// Clients that keep the model busy, each asking again as soon as it has its answer. Until it goes.
#ifndef TOKCAST_BENCH_SERVE_LOAD_SATURATION_H_
#define TOKCAST_BENCH_SERVE_LOAD_SATURATION_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "bench/serve_load/load_report.h"
#include "bench/serve_load/load_socket.h"

namespace tokcast {

class Saturation {
 public:
  Saturation(std::uint16_t port, int clients, ChatWish wish);
  // Each client sends its own one of `requests`, over and over.
  Saturation(std::uint16_t port, std::vector<std::string> requests);
  ~Saturation();
  Saturation(const Saturation&) = delete;
  Saturation& operator=(const Saturation&) = delete;

  int done() const { return done_; }  // turns that were answered

 private:
  void ask_on(std::uint16_t port, const std::string& request);

  std::atomic<bool> stop_ = false;
  std::atomic<int> done_ = 0;
  std::vector<std::thread> clients_{};
};

}  // namespace tokcast

#endif  // TOKCAST_BENCH_SERVE_LOAD_SATURATION_H_
