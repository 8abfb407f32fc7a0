#include "fetch/retry.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "base/interrupt.h"
#include "base/text.h"
#include "fetch/answer_headers.h"

namespace tokcast {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t unix_seconds() const override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
  }

  Result<void> sleep(Seconds time) override {
    using Steady = std::chrono::steady_clock;
    const auto end = Steady::now() +
                     std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(time.value));
    for (;;) {
      if (auto go_on = check_interrupt(); !go_on) return go_on;
      const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end - Steady::now()).count();
      if (rest <= 0) return {};
      pollfd interrupt{interrupt_descriptor(), POLLIN, 0};  // -1 is left out by poll
      ::poll(&interrupt, 1, static_cast<int>(std::min<std::int64_t>(rest, 60'000)));
    }
  }
};

constexpr std::array kPassing{408, 425, 429, 500, 502, 503, 504};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

bool is_passing(int status) {
  return std::ranges::find(kPassing, status) != kPassing.end();
}

Error status_error(const HttpHead& head) {
  const int status = head.status;
  if (status == 404 || status == 410) {
    return {ErrorKind::kNotFound, fmt::format("there is nothing at this address (status {})", status),
            head.url, "Check the address."};
  }
  if (status == 401 || status == 403) {
    return {ErrorKind::kUnsupported, fmt::format("the server asks for a login (status {})", status), head.url,
            "If the hub asks: log in there, accept the model's terms, and set HF_TOKEN."};
  }
  if (status == 429)
    return {ErrorKind::kNetwork, "the server asks us to wait (status 429)", head.url, "Try again later."};
  return {ErrorKind::kNetwork, fmt::format("the server answered with status {}", status), head.url,
          "Try again later."};
}

Result<void> Retry::wait_after(const Error& error) {
  if (error.kind != ErrorKind::kNetwork && error.kind != ErrorKind::kTimeout) return std::unexpected(error);
  return wait(error, std::nullopt);
}

Result<void> Retry::wait_after(const HttpHead& head) {
  const Error error = status_error(head);
  if (!is_passing(head.status)) return std::unexpected(error);
  return wait(error, wait_told(head, clock_.unix_seconds()));
}

Result<void> Retry::wait(const Error& error, std::optional<Seconds> told) {
  if (told && *told > options_.longest_told) {
    return fail(error.kind, fmt::format("{}: for {}", error.message, format_seconds(*told)), error.place,
                error.fix);
  }
  if (++failed_ >= options_.attempts) {
    Error last = error;
    last.kind = ErrorKind::kNetwork;  // also of a kTimeout: several of them are a broken network
    return std::unexpected(last);
  }
  const double doubled = options_.first_wait.value * std::exp2(failed_ - 1);
  return clock_.sleep(told.value_or(Seconds(std::min(doubled, options_.longest_wait.value))));
}

}  // namespace tokcast
