// An OpenAI-compatible server elsewhere, as seen from the one under test: the engine made for tests, on a
// port.
#ifndef TOKCAST_TESTS_REMOTE_SERVER_TEST_UTIL_H_
#define TOKCAST_TESTS_REMOTE_SERVER_TEST_UTIL_H_

#include <memory>
#include <string>
#include <utility>

#include "serve_test_util.h"

namespace tokcast {

class RemoteServer {
 public:
  // Starts it. `log`: what its slots saw.
  explicit RemoteServer(std::string log) : log_(std::move(log)) { start(); }
  ~RemoteServer() { stop(); }
  RemoteServer(const RemoteServer&) = delete;
  RemoteServer& operator=(const RemoteServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }

  // On the port that it had before.
  void start() {
    ChildOptions options{.arguments = {TOKCAST_FAKE_LLAMA_SERVER, "--port", std::to_string(port_)}};
    options.environment = {{"FAKE_LOG", log_}};
    auto started = BackgroundChild::start(options);
    ASSERT_TRUE(started) << describe(started.error());
    child_ = std::move(*started);
    for (int i = 0; i < 3000 && !TestConnection(port_).is_open(); ++i) usleep(10'000);
    ASSERT_TRUE(TestConnection(port_).is_open());
  }
  void stop() {
    if (!child_) return;
    child_->signal_group(SIGKILL);
    while (!child_->end()) usleep(1000);
    child_.reset();
  }

 private:
  static int free_port() {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(descriptor, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
    close(descriptor);
    return ntohs(address.sin_port);
  }

  std::string log_;
  const int port_ = free_port();
  std::unique_ptr<BackgroundChild> child_{};
};

}  // namespace tokcast

#endif  // TOKCAST_TESTS_REMOTE_SERVER_TEST_UTIL_H_
