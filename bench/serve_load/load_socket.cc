#include "bench/serve_load/load_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace tokcast {

double load_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void load_sleep(double seconds) {
  usleep(static_cast<useconds_t>(seconds * 1e6));
}

LoadSocket::LoadSocket(std::uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) hang_up();
}

LoadSocket::LoadSocket(LoadSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LoadSocket& LoadSocket::operator=(LoadSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LoadSocket::~LoadSocket() {
  hang_up();
}

void LoadSocket::hang_up() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

bool LoadSocket::send(std::string_view text) const {
  return ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

bool LoadSocket::read_until(std::string_view end, std::string& into, double seconds) const {
  const double until = load_now() + seconds;
  std::array<char, 65536> piece{};
  while (end.empty() || into.find(end) == std::string::npos) {
    const double left = until - load_now();
    pollfd wait{descriptor_, POLLIN, 0};
    if (left <= 0 || poll(&wait, 1, static_cast<int>(left * 1000) + 1) <= 0) return false;
    const auto count = recv(descriptor_, piece.data(), piece.size(), 0);
    if (count <= 0) return count == 0 && end.empty();
    into.append(piece.data(), static_cast<std::size_t>(count));
  }
  return true;
}

LoadAnswer load_ask(std::uint16_t port, std::string_view request, double seconds) {
  LoadAnswer out;
  const double start = load_now();
  const LoadSocket socket(port);
  if (!socket.is_open() || !socket.send(request)) return out;
  const bool ended = socket.read_until("", out.text, seconds);
  out.seconds = load_now() - start;
  if (ended && out.text.starts_with("HTTP/1.1 ")) out.status = std::atoi(out.text.c_str() + 9);
  return out;
}

std::string get_request(std::string_view path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
}

std::string chat_request(const ChatWish& wish) {
  const std::string body = fmt::format(
      R"({{"messages":[{{"role":"user","content":"{}"}}],"max_tokens":{},"stream":{},"deadline_seconds":{},)"
      R"("user":"{}","ignore_eos":true}})",
      wish.prompt, wish.tokens, wish.stream, wish.deadline, wish.user);
  return fmt::format(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
      "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body);
}

std::string web_socket_request() {
  return "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

std::string text_frame(std::string_view text) {
  const auto size = text.size();
  std::string out = "\x81";
  if (size < 126) {
    out += static_cast<char>(0x80U | size);
  } else {
    out += '\xfe';
    out += static_cast<char>(size >> 8U);
    out += static_cast<char>(size & 0xFFU);
  }
  return out.append(4, '\0').append(text);  // a mask of zeros
}

}  // namespace tokcast
