#include "serve/loopback_port.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace tokcast {
namespace {

// Columns of /proc/net/tcp, between white space: "sl local_address rem_address st tx:rx tr:tm retrnsmt uid
// ...".
constexpr std::size_t kLocal = 1;
constexpr std::size_t kState = 3;
constexpr std::size_t kUser = 7;
constexpr std::string_view kListens = "0A";

std::vector<std::string_view> columns_of(std::string_view line) {
  auto out = split(line, ' ');
  std::erase_if(out, [](std::string_view column) { return column.empty(); });
  return out;
}

}  // namespace

Result<std::uint16_t> free_loopback_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound =
      descriptor >= 0 && bind(descriptor, plain, size) == 0 && getsockname(descriptor, plain, &size) == 0;
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  if (!is_bound) return std::unexpected(error_from_errno(error, "no port of 127.0.0.1 is free", ""));
  return ntohs(address.sin_port);
}

bool is_listened_to_by(std::string_view table, std::uint16_t port, std::uint32_t user) {
  // The kernel writes the address as a number in the byte order of the machine, the port as one of hosts.
  const std::string wanted = fmt::format("{:08X}:{:04X}", htonl(INADDR_LOOPBACK), port);
  for (const std::string_view line : split(table, '\n')) {
    if (line.find(wanted) == std::string_view::npos) continue;
    const auto columns = columns_of(line);
    if (columns.size() <= kUser || columns[kLocal] != wanted || columns[kState] != kListens) continue;
    return parse_uint(columns[kUser]) == user;
  }
  return false;
}

bool is_listened_to_by_us(std::uint16_t port) {
  const auto table = read_file("/proc/self/net/tcp");
  return table && is_listened_to_by(*table, port, geteuid());
}

}  // namespace tokcast
