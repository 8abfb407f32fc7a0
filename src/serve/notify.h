// systemd's readiness protocol: one datagram to $NOTIFY_SOCKET. Does nothing where there is none.
#ifndef TOKCAST_SERVE_NOTIFY_H_
#define TOKCAST_SERVE_NOTIFY_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"

namespace tokcast {

class ServiceNotifier {
 public:
  // Takes NOTIFY_SOCKET and WATCHDOG_USEC out of our environment, so that the engine does not inherit them.
  static ServiceNotifier from_environment();
  explicit ServiceNotifier(std::string socket_path = {}, std::optional<Seconds> watchdog = {});
  ~ServiceNotifier();
  ServiceNotifier(const ServiceNotifier&) = delete;
  ServiceNotifier& operator=(const ServiceNotifier&) = delete;

  // "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...". Never waits: a full socket loses it.
  void tell(std::string_view state) const;
  // How often WATCHDOG=1 is due; nullopt: never.
  std::optional<Seconds> watchdog_period() const { return watchdog_; }

 private:
  std::string path_;
  std::optional<Seconds> watchdog_;
  int descriptor_ = -1;
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_NOTIFY_H_
