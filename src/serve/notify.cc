#include "serve/notify.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace tokcast {

ServiceNotifier ServiceNotifier::from_environment() {
  const char* path = getenv("NOTIFY_SOCKET");
  const char* usec = getenv("WATCHDOG_USEC");
  const auto period = usec == nullptr ? std::nullopt : parse_uint(usec);
  std::string copy = path == nullptr ? "" : path;
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");
  // Half of what is allowed, as sd_watchdog_enabled(3) advises.
  std::optional<Seconds> half;
  if (period && *period > 0) half = Seconds(static_cast<double>(*period) * 0.5e-6);
  return ServiceNotifier(std::move(copy), half);
}

ServiceNotifier::ServiceNotifier(std::string socket_path, std::optional<Seconds> watchdog)
    : path_(std::move(socket_path)), watchdog_(watchdog) {
  if (path_.empty() || path_.size() >= sizeof(sockaddr_un::sun_path)) return;
  descriptor_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

ServiceNotifier::~ServiceNotifier() {
  if (descriptor_ >= 0) close(descriptor_);
}

void ServiceNotifier::tell(std::string_view state) const {
  if (descriptor_ < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(static_cast<char*>(address.sun_path), path_.data(), path_.size());
  if (path_.front() == '@') address.sun_path[0] = '\0';  // abstract
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  sendto(descriptor_, state.data(), state.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace tokcast
