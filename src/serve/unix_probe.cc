// The blocking parts of the supervisor that touch sockets and folders.
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "serve/loopback_port.h"
#include "serve/supervisor.h"

namespace tokcast {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::string_view kPrefix = "tokcast-serve-";

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

double left_of(Seconds time, Clock::time_point start) {
  return time.value - std::chrono::duration<double>(Clock::now() - start).count();
}

// False: not within so many seconds.
bool wait_for(int descriptor, short what, double seconds) {
  pollfd wait{descriptor, what, 0};
  return seconds > 0 && poll(&wait, 1, static_cast<int>(seconds * 1000) + 1) > 0;
}

bool connect_to(int descriptor, const sockaddr* address, socklen_t size, Seconds time) {
  if (connect(descriptor, address, size) == 0) return true;
  if (errno != EINPROGRESS || !wait_for(descriptor, POLLOUT, time.value)) return false;
  int error = 0;
  socklen_t error_size = sizeof error;
  return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &error_size) == 0 && error == 0;
}

std::optional<unsigned> status_in(std::string_view answer) {
  if (!answer.starts_with("HTTP/1.") || answer.size() < 12) return std::nullopt;
  const auto number = parse_uint(answer.substr(9, 3));
  return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

std::optional<unsigned> probe_http(const sockaddr* address, socklen_t size, std::string_view target,
                                   Seconds time) {
  const auto start = Clock::now();
  const Socket socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!connect_to(socket.get(), address, size, time)) return std::nullopt;
  const std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n", target);
  if (send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return std::nullopt;
  std::string answer;
  while (answer.size() < 12) {
    if (!wait_for(socket.get(), POLLIN, left_of(time, start))) return std::nullopt;
    std::array<char, 512> piece{};
    const ssize_t count = recv(socket.get(), piece.data(), piece.size(), 0);
    if (count <= 0) return std::nullopt;
    answer.append(piece.data(), static_cast<std::size_t>(count));
  }
  return status_in(answer);
}

void remove_if_left_behind(const std::filesystem::path& folder) {
  const std::string name = folder.filename().string();
  if (!name.starts_with(kPrefix)) return;
  const std::string_view rest = std::string_view(name).substr(kPrefix.size());
  const auto pid = parse_uint(rest.substr(0, rest.find('-')));
  struct stat about{};
  const bool is_ours =
      lstat(folder.c_str(), &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == geteuid();
  if (!pid || *pid == 0 || *pid > 0x7fffffff || !is_ours) return;
  if (kill(static_cast<pid_t>(*pid), 0) == 0 || errno != ESRCH) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

// Of its owner alone, and short enough for a socket's path.
bool is_fit(const char* folder) {
  struct stat about{};
  return folder != nullptr && std::strlen(folder) < 60 && folder[0] == '/' && stat(folder, &about) == 0 &&
         S_ISDIR(about.st_mode) && about.st_uid == geteuid() && access(folder, W_OK) == 0;
}

}  // namespace

std::optional<unsigned> probe_unix_http(const std::string& socket_path, std::string_view target,
                                        Seconds time) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(static_cast<char*>(address.sun_path), socket_path.data(), socket_path.size());
  return probe_http(reinterpret_cast<const sockaddr*>(&address), sizeof address, target, time);
}

std::optional<unsigned> probe_loopback_http(std::uint16_t port, std::string_view target, Seconds time) {
  if (!is_listened_to_by_us(port)) return std::nullopt;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return probe_http(reinterpret_cast<const sockaddr*>(&address), sizeof address, target, time);
}

Result<std::string> make_runtime_directory() {
  const char* wanted = getenv("XDG_RUNTIME_DIR");
  const std::string parent = is_fit(wanted) ? wanted : "/tmp";
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    remove_if_left_behind(entry.path());
  }
  std::string name = fmt::format("{}/{}{}-XXXXXX", parent, kPrefix, getpid());
  if (mkdtemp(name.data()) == nullptr) {
    return std::unexpected(error_from_errno(errno, "cannot make a folder for the engine's socket", parent));
  }
  return name;
}

}  // namespace tokcast
