// A server as a child: `tokcast serve`, or the engine's own for comparison.
#ifndef TOKCAST_BENCH_SERVE_LOAD_LOAD_SERVER_H_
#define TOKCAST_BENCH_SERVE_LOAD_LOAD_SERVER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/background_child.h"
#include "base/result.h"

namespace tokcast {

class LoadServer {
 public:
  // Waits until GET `ready_path` is answered with 200, at most two minutes. `port` must be free. Errors:
  // those of BackgroundChild, kTimeout (with the server's last words).
  static Result<std::unique_ptr<LoadServer>> start(const ChildOptions& options, std::uint16_t port,
                                                   const std::string& ready_path);
  ~LoadServer();
  LoadServer(const LoadServer&) = delete;
  LoadServer& operator=(const LoadServer&) = delete;

  std::uint16_t port() const { return port_; }
  int pid() const { return child_->pid(); }
  // Its child's process; nullopt: none.
  std::optional<int> engine_pid() const;
  // Where the engine listens; "": nowhere.
  std::string engine_socket() const;
  std::string metrics() const;  // the whole text
  // A figure of it; nullopt: not there.
  std::optional<double> metric(const std::string& name) const;
  std::optional<double> resident_bytes() const;
  std::optional<std::size_t> open_descriptors() const;

 private:
  LoadServer(std::unique_ptr<BackgroundChild> child, std::uint16_t port);
  void read_away();

  std::unique_ptr<BackgroundChild> child_;
  std::uint16_t port_;
  std::atomic<bool> stop_ = false;
  std::string last_words_{};  // the reader's until it has ended
  std::thread reader_;
};

std::optional<double> metric_in(const std::string& metrics, const std::string& name);

// One that nobody listens on now.
std::uint16_t free_port();

}  // namespace tokcast

#endif  // TOKCAST_BENCH_SERVE_LOAD_LOAD_SERVER_H_
