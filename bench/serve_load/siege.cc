#include "bench/serve_load/siege.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace tokcast {
namespace {

constexpr unsigned kPauseMicroseconds = 200'000;

}  // namespace

Siege::Siege(std::uint16_t port, int connections, std::vector<SiegeKind> kinds) : port_(port) {
  for (int i = 0; i < connections; ++i) {
    const SiegeKind kind = kinds.at(static_cast<std::size_t>(i) % kinds.size());
    all_.push_back({kind, open(kind)});
  }
  thread_ = std::thread([this] { run(); });
}

Siege::~Siege() {
  stop_ = true;
  thread_.join();
}

LoadSocket Siege::open(SiegeKind kind) const {
  LoadSocket out(port_);
  if (kind == SiegeKind::kUnreadAnswer) return out;
  if (kind == SiegeKind::kSlowBody) {
    out.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{");
  } else {
    out.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
  }
  return out;
}

void Siege::press(One& one) const {
  if (!one.socket.is_open()) {
    one.socket = open(one.kind);
    return;
  }
  if (one.kind == SiegeKind::kUnreadAnswer) {
    // Until neither side's buffers take more.
    const std::string request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    if (send(one.socket.descriptor(), request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
        errno != EAGAIN) {
      one.socket = open(one.kind);
    }
    return;
  }
  if (one.kind != SiegeKind::kHalfHeader) one.socket.send("x");
  std::array<char, 4096> piece{};
  const auto count = recv(one.socket.descriptor(), piece.data(), piece.size(), MSG_DONTWAIT);
  const bool is_over = count >= 0 || errno != EAGAIN;  // a refusal, or the end
  if (is_over) one.socket = open(one.kind);
}

void Siege::run() {
  while (!stop_) {
    for (One& one : all_) press(one);
    usleep(kPauseMicroseconds);
  }
}

}  // namespace tokcast
