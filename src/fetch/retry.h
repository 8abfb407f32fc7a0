// When to ask again, and how long to wait before: 1, 2, 4 ... s, or what the server says (Retry-After,
// RateLimit).
//
// One Retry goes with one transfer, in one thread. Asked again is after: kNetwork, kTimeout, and the answers
// 408, 425, 429, 500, 502, 503 and 504. Waiting ends at once with SIGINT or SIGTERM.
#ifndef TOKCAST_FETCH_RETRY_H_
#define TOKCAST_FETCH_RETRY_H_

#include <cstdint>

#include "base/result.h"
#include "base/units.h"
#include "fetch/http.h"

namespace tokcast {

// The seam for tests.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t unix_seconds() const = 0;
  // Errors: kInterrupted.
  virtual Result<void> sleep(Seconds time) = 0;
};
Clock& system_clock();

struct RetryOptions {
  unsigned attempts = 6;      // without a byte between them
  Seconds first_wait{1};      // doubled each time
  Seconds longest_wait{30};   // of our own choosing
  Seconds longest_told{300};  // a server that asks for more is not waited for
};

// For small questions, whose answer somebody waits for.
constexpr RetryOptions kImpatient{.attempts = 4};

class Retry {
 public:
  explicit Retry(const RetryOptions& options = {}, Clock& clock = system_clock())
      : options_(options), clock_(clock) {}

  // After a call that failed. Waits and returns success if it is to be made again. Errors: `error` if that
  // would not help or all attempts are used up; kInterrupted.
  // (When they are, a kTimeout is called kNetwork.)
  Result<void> wait_after(const Error& error);
  // After an answer that is neither 200, 206 nor 416. Errors: what status_error says of it; kInterrupted.
  Result<void> wait_after(const HttpHead& head);
  // Bytes came: the attempts count anew.
  void progress() { failed_ = 0; }

 private:
  Result<void> wait(const Error& error, std::optional<Seconds> told);

  RetryOptions options_;
  Clock& clock_;
  unsigned failed_ = 0;
};

// Worth asking again?
bool is_passing(int status);

// An answer other than success as an error: kNotFound (404, 410), kUnsupported (401, 403: a login is needed),
// kNetwork (all else).
Error status_error(const HttpHead& head);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_RETRY_H_
