// --limit-rate: bytes of all threads together, spread over time.
#ifndef TOKCAST_FETCH_THROTTLE_H_
#define TOKCAST_FETCH_THROTTLE_H_

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/result.h"

namespace tokcast {

class Throttle {
 public:
  // nullopt: no limit. Not 0.
  explicit Throttle(std::optional<std::uint64_t> bytes_per_second) : rate_(bytes_per_second) {}

  // Waits until the bytes taken before fit the rate. Any thread. Errors: kInterrupted.
  Result<void> take(std::uint64_t bytes);

 private:
  using Clock = std::chrono::steady_clock;

  std::optional<std::uint64_t> rate_;
  std::mutex mutex_{};
  Clock::time_point free_at_{};  // when all that was taken has had its time
};

}  // namespace tokcast

#endif  // TOKCAST_FETCH_THROTTLE_H_
