// What the servers for tests have in common: a command line, one HTTP request, one answer. Blocking.
#ifndef TOKCAST_TESTS_FAKE_HTTP_H_
#define TOKCAST_TESTS_FAKE_HTTP_H_

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace tokcast::fake {

// What follows `name`; "": nothing does.
inline std::string option(int count, char** arguments, std::string_view name) {
  for (int i = 1; i + 1 < count; ++i) {
    if (arguments[i] == name) return arguments[i + 1];
  }
  return {};
}

// False: whoever should read it is gone.
inline bool send_all(int peer, std::string_view text) {
  while (!text.empty()) {
    const auto sent = send(peer, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

inline void answer(int peer, int status, const std::string& body) {
  send_all(peer, "HTTP/1.1 " + std::to_string(status) +
                     " X\r\nContent-Type: application/json\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body);
}

// Head and body; less if the peer ends before.
inline std::string read_request(int peer) {
  std::string in;
  std::array<char, 65536> piece{};
  for (;;) {
    const auto end = in.find("\r\n\r\n");
    if (end != std::string::npos) {
      const auto at = in.find("Content-Length: ");
      const std::size_t length =
          at == std::string::npos || at > end ? 0 : std::strtoul(in.c_str() + at + 16, nullptr, 10);
      if (in.size() >= end + 4 + length) return in;
    }
    const auto count = recv(peer, piece.data(), piece.size(), 0);
    if (count <= 0) return in;
    in.append(piece.data(), static_cast<std::size_t>(count));
  }
}

// -1, with errno: nobody can.
inline int listen_on(int listener, const sockaddr* address, socklen_t size) {
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  return bind(listener, address, size) == 0 && listen(listener, 64) == 0 ? listener : -1;
}

inline int listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return listen_on(socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&address), sizeof address);
}

// Of 127.0.0.1.
inline int listen_at(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return listen_on(socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&address), sizeof address);
}

// For ever: each connection's one request on a thread of its own.
[[noreturn]] inline void serve_all(int listener,
                                   const std::function<void(int peer, const std::string& request)>& serve) {
  for (;;) {
    const int peer = accept(listener, nullptr, nullptr);
    if (peer < 0) continue;
    std::thread([peer, &serve] {
      serve(peer, read_request(peer));
      close(peer);
    }).detach();
  }
}

}  // namespace tokcast::fake

#endif  // TOKCAST_TESTS_FAKE_HTTP_H_
