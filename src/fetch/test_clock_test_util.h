// A clock that stands still and notes how long it was asked to wait.
#ifndef TOKCAST_FETCH_TEST_CLOCK_TEST_UTIL_H_
#define TOKCAST_FETCH_TEST_CLOCK_TEST_UTIL_H_

#include <cstdint>
#include <vector>

#include "fetch/retry.h"

namespace tokcast {

class TestClock final : public Clock {
 public:
  std::int64_t unix_seconds() const override { return 784'111'757; }  // Sun, 06 Nov 1994 08:49:17 GMT
  Result<void> sleep(Seconds time) override {
    if (interrupted) return fail(ErrorKind::kInterrupted, "interrupted");
    waits.push_back(time.value);
    return {};
  }

  std::vector<double> waits{};
  bool interrupted = false;
};

}  // namespace tokcast

#endif  // TOKCAST_FETCH_TEST_CLOCK_TEST_UTIL_H_
