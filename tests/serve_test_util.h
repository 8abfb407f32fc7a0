// `tokcast serve` as a process of its own, with an engine made for tests, and blocking clients.
#ifndef TOKCAST_TESTS_SERVE_TEST_UTIL_H_
#define TOKCAST_TESTS_SERVE_TEST_UTIL_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/background_child.h"
#include "base/child.h"
#include "base/json.h"
#include "cli_test_util.h"
#include "fetch/test_model_test_util.h"

namespace tokcast {

inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// One connection to loopback.
class TestConnection {
 public:
  explicit TestConnection(int port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_open_ = connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  TestConnection(const TestConnection&) = delete;
  TestConnection& operator=(const TestConnection&) = delete;
  ~TestConnection() { hang_up(); }

  bool is_open() const { return is_open_; }
  void hang_up() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }
  bool send(std::string_view text) const {
    return ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // Everything until `end` was seen, the other end closed, or the time is over.
  std::string read_until(std::string_view end, double seconds = 30) {
    const double until = seconds_now() + seconds;
    while (end.empty() || got_.find(end) == std::string::npos) {
      pollfd wait{descriptor_, POLLIN, 0};
      const double left = until - seconds_now();
      if (left <= 0 || poll(&wait, 1, static_cast<int>(left * 1000) + 1) <= 0) break;
      std::array<char, 65536> piece{};
      const ssize_t count = recv(descriptor_, piece.data(), piece.size(), 0);
      if (count <= 0) break;
      got_.append(piece.data(), static_cast<std::size_t>(count));
    }
    return got_;
  }
  std::string& got() { return got_; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  bool is_open_ = false;
  std::string got_{};
};

struct TestAnswer {
  int status = 0;  // 0: none came
  std::string head{};
  std::string body{};
  double seconds = 0;

  Json json() const { return parse_json(body, "answer").value_or(Json()); }
};

inline TestAnswer ask(int port, const std::string& method, const std::string& path,
                      const std::string& body = {}, const std::string& headers = {}) {
  const double start = seconds_now();
  TestConnection connection(port);
  connection.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers +
                  "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  const std::string text = connection.read_until("");
  TestAnswer out;
  out.seconds = seconds_now() - start;
  if (!text.starts_with("HTTP/1.1 ")) return out;
  out.status = std::atoi(text.c_str() + 9);
  const auto end = text.find("\r\n\r\n");
  out.head = text.substr(0, end);
  out.body = end == std::string::npos ? "" : text.substr(end + 4);
  return out;
}

inline std::string chat_body(const std::string& text, bool stream, const std::string& more = {}) {
  return R"({"messages":[{"role":"user","content":")" + text + R"("}],"stream":)" +
         (stream ? "true" : "false") + more + "}";
}

// The executable in a home of its own, in the background.
class ServeProcess : public Cli {
 protected:
  ServeProcess() {
    std::filesystem::create_symlink(TOKCAST_FAKE_LLAMA_SERVER, home_ / "engine/llama-server");
    model_ = home_ / "small.gguf";
    const TestFile file = servable_model();
    write_text(model_, file.bytes(0, file.size));
    std::filesystem::create_directory(home_ / "run");
    std::filesystem::permissions(home_ / "run", std::filesystem::perms::owner_all);
  }
  ~ServeProcess() override {
    if (server_) server_->signal_group(SIGKILL);
    while (server_ && !ended_ && !server_->end()) usleep(1000);
  }

  // Starts it and waits until it listens.
  void start(std::vector<std::string> arguments = {},
             std::vector<std::pair<std::string, std::string>> environment = {}) {
    ChildOptions options{.arguments = {TOKCAST_BINARY, "serve", "--port", "0"}};
    if (!model_.empty()) options.arguments.push_back(model_);
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    options.environment = {{"HOME", home_.path()},
                           {"XDG_CACHE_HOME", ""},
                           {"XDG_CONFIG_HOME", ""},
                           {"XDG_DATA_HOME", ""},
                           {"XDG_STATE_HOME", ""},
                           {"XDG_RUNTIME_DIR", home_ / "run"},
                           {"TOKCAST_ENGINE", home_ / "engine"}};
    options.environment.insert(options.environment.end(), environment.begin(), environment.end());
    auto started = BackgroundChild::start(options);
    ASSERT_TRUE(started) << describe(started.error());
    server_ = std::move(*started);
    ASSERT_TRUE(wait_for([&] { return contains(said(), "listening on"); })) << said();
    const std::string text = said();
    const auto colon = text.find(':', text.find("http://") + 7);
    port_ = std::atoi(text.c_str() + colon + 1);
    ASSERT_GT(port_, 0) << text;
  }
  void start_ready(std::vector<std::string> arguments = {},
                   std::vector<std::pair<std::string, std::string>> environment = {}) {
    start(std::move(arguments), std::move(environment));
    ASSERT_TRUE(wait_until_ready()) << said();
  }
  bool wait_until_ready() {
    return wait_for([&] { return ask(port_, "GET", "/readyz").status == 200; });
  }

  // Half a minute is for slow machines; nothing here is expected to take it.
  static bool wait_for(const std::function<bool()>& is_so, double seconds = 30) {
    const double until = seconds_now() + seconds;
    while (!is_so()) {
      if (seconds_now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  // What it said on standard error so far.
  const std::string& said() {
    pollfd wait{server_->error_descriptor(), POLLIN, 0};
    while (poll(&wait, 1, 0) > 0) {
      std::array<char, 4096> piece{};
      const ssize_t count = read(server_->error_descriptor(), piece.data(), piece.size());
      if (count <= 0) break;
      said_.append(piece.data(), static_cast<std::size_t>(count));
    }
    return said_;
  }
  // The engine's process; 0: none.
  int engine_pid() const {
    const std::string path = "/proc/" + std::to_string(server_->pid()) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(path)) {
      int pid = 0;
      std::ifstream(task.path() / "children") >> pid;
      if (pid > 0) return pid;
    }
    return 0;
  }
  ChildResult wait_for_end() {
    std::optional<ChildResult> end;
    EXPECT_TRUE(wait_for([&] { return (end = server_->end()).has_value(); })) << said();
    ended_ = end.has_value();
    return end.value_or(ChildResult{});
  }
  // A figure of /metrics; -1: not there.
  double metric(const std::string& name) const {
    const std::string text = "\n" + ask(port_, "GET", "/metrics").body;
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::atof(text.c_str() + at + name.size() + 2);
  }

  std::string model_;
  int port_ = 0;
  std::unique_ptr<BackgroundChild> server_{};

 private:
  std::string said_{};
  bool ended_ = false;
};

}  // namespace tokcast

#endif  // TOKCAST_TESTS_SERVE_TEST_UTIL_H_
