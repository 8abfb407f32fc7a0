// A listener that echoes, and clients of raw sockets.
#ifndef TOKCAST_SERVE_HTTP_TEST_UTIL_H_
#define TOKCAST_SERVE_HTTP_TEST_UTIL_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "serve/http_server.h"

namespace tokcast {

inline ServeLimits quick_limits() {
  ServeLimits out;
  out.header_time = Seconds(0.5);
  out.body_time = Seconds(0.5);
  out.idle_time = Seconds(0.5);
  out.header = Bytes(4096);
  out.body = Bytes(100'000);
  out.message = Bytes(300'000);
  out.connections = 50;
  out.linger_time = Seconds(600);
  return out;
}

// Echoes bodies and messages, on a thread of its own.
class HttpEchoServer {
 public:
  HttpEchoServer() {
    HttpHandlers handlers;
    handlers.admit = [](const WebRequest& head, bool) -> std::optional<WebAnswer> {
      if (head.path == "/no") return WebAnswer{.status = 403, .body = "no"};
      return std::nullopt;
    };
    handlers.request = [this](const std::shared_ptr<Exchange>& exchange) {
      if (exchange->request().path == "/keep") {
        kept_ = exchange;
        exchange->on_gone([this] { ++gone_; });
        return;
      }
      if (exchange->request().path == "/shared") return exchange->answer({.shared_body = shared});
      exchange->answer({.content_type = "text/plain", .body = exchange->take_body()});
    };
    handlers.web_socket = [](std::shared_ptr<WebSocket> socket, const WebRequest&) {
      return WebSocketEvents{
          .text = [socket](std::string text) { socket->send_text(std::move(text)); },
          .binary = [socket](std::string bytes) { socket->send_binary(std::move(bytes)); }};
    };
    handlers.refuse = [](unsigned status, std::string_view why) {
      return WebAnswer{.status = status, .body = std::string(why)};
    };
    server_ = HttpServer::listen(loop_, "127.0.0.1", 0, quick_limits(), std::move(handlers)).value();
    port = server_->port();
    thread_ = std::thread([this] { loop_.run(); });
  }
  HttpEchoServer(const HttpEchoServer&) = delete;
  HttpEchoServer& operator=(const HttpEchoServer&) = delete;
  ~HttpEchoServer() {
    loop_.stop();
    thread_.join();
    kept_.reset();
  }
  int gone() const { return gone_; }
  // As the loop's thread sees it.
  std::size_t connections() {
    std::promise<std::size_t> out;
    loop_.post([&] { out.set_value(server_->connections()); });
    return out.get_future().get();
  }

  std::uint16_t port = 0;
  // What all answers at /shared have: more than a socket takes at once.
  const std::shared_ptr<const std::string> shared =
      std::make_shared<const std::string>(std::string(8'000'000, 'x') + "the end");

 private:
  Loop loop_{};
  std::shared_ptr<Exchange> kept_{};
  std::atomic<int> gone_ = 0;
  std::unique_ptr<HttpServer> server_{};
  std::thread thread_{};
};

class HttpTestClient {
 public:
  explicit HttpTestClient(std::uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  HttpTestClient(const HttpTestClient&) = delete;
  HttpTestClient& operator=(const HttpTestClient&) = delete;
  ~HttpTestClient() { hang_up(); }
  void hang_up() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }

  // False: the other end takes no more.
  bool send(std::string_view bytes, std::size_t piece = 1 << 20) const {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      const auto part = bytes.substr(0, piece);
      std::size_t sent = 0;
      while (sent < part.size()) {
        const auto count = ::send(descriptor_, part.data() + sent, part.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return false;
        sent += static_cast<std::size_t>(count);
      }
    }
    return true;
  }
  // False: the other end closed, or is silent.
  bool receive() {
    pollfd wait{descriptor_, POLLIN, 0};
    is_silent = poll(&wait, 1, 20'000) <= 0;
    if (is_silent) return false;
    std::array<char, 65536> piece{};
    const auto count = recv(descriptor_, piece.data(), piece.size(), 0);
    if (count <= 0) return false;
    got.append(piece.data(), static_cast<std::size_t>(count));
    return true;
  }
  std::string until(std::string_view end) {
    while (got.find(end) == std::string::npos && receive()) continue;
    return got;
  }
  std::string to_the_end() {
    while (receive()) continue;
    return got;
  }

  std::string got{};
  bool is_silent = false;  // receive() waited in vain

 private:
  int descriptor_;
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_HTTP_TEST_UTIL_H_
