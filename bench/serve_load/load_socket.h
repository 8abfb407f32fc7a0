// Blocking clients on loopback, for one request each.
#ifndef TOKCAST_BENCH_SERVE_LOAD_LOAD_SOCKET_H_
#define TOKCAST_BENCH_SERVE_LOAD_LOAD_SOCKET_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace tokcast {

// Since some fixed moment.
double load_now();
void load_sleep(double seconds);

// A connection to a port of 127.0.0.1. Closes when it goes.
class LoadSocket {
 public:
  explicit LoadSocket(std::uint16_t port);
  LoadSocket(LoadSocket&& other) noexcept;
  LoadSocket& operator=(LoadSocket&& other) noexcept;
  LoadSocket(const LoadSocket&) = delete;
  LoadSocket& operator=(const LoadSocket&) = delete;
  ~LoadSocket();

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  void hang_up();
  bool send(std::string_view text) const;
  // Adds what comes to `into` until `end` is in it, the other end closes, or the time is over. True: `end`
  // came ("": the other end closed).
  bool read_until(std::string_view end, std::string& into, double seconds) const;

 private:
  int descriptor_ = -1;
};

struct LoadAnswer {
  int status = 0;  // 0: none came in time
  double seconds = 0;
  std::string text{};  // head and body
};

LoadAnswer load_ask(std::uint16_t port, std::string_view request, double seconds);

std::string get_request(std::string_view path);

struct ChatWish {
  std::string prompt = "Hello";
  int tokens = 30;
  bool stream = false;
  double deadline = 10;
  std::string user = "one";
};
std::string chat_request(const ChatWish& wish);

// The handshake of a WebSocket, and a text frame of less than 64 kB.
std::string web_socket_request();
std::string text_frame(std::string_view text);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_SERVE_LOAD_LOAD_SOCKET_H_
