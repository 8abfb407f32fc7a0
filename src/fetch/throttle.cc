#include "fetch/throttle.h"

#include <algorithm>

#include "fetch/retry.h"

namespace tokcast {

Result<void> Throttle::take(std::uint64_t bytes) {
  if (!rate_) return {};
  const std::chrono::duration<double> cost(static_cast<double>(bytes) / static_cast<double>(*rate_));
  const std::scoped_lock lock(mutex_);  // held while we wait: the others have to wait as well
  const auto now = Clock::now();
  const auto start = std::max(now, free_at_);
  free_at_ = start + std::chrono::duration_cast<Clock::duration>(cost);
  return system_clock().sleep(Seconds(std::chrono::duration<double>(start - now).count()));
}

}  // namespace tokcast
