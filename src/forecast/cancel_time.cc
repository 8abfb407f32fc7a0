#include "forecast/cancel_time.h"

#include <algorithm>

#include "forecast/cost_model.h"

namespace tokcast {

Seconds cancel_time(const Shape& shape, const Timings& timings, std::uint64_t batch, std::uint64_t depth) {
  return Seconds(2 * prefill(shape, timings, batch, depth, {.batch = batch}).expected.value);
}

std::uint64_t batch_for_cancel(const Shape& shape, const Timings& timings, Seconds within,
                               std::uint64_t context) {
  std::uint64_t batch = kMicroBatch;
  while (batch > kLeastBatch &&
         cancel_time(shape, timings, batch, context - std::min(batch, context)) > within) {
    batch /= 2;
  }
  return batch;
}

}  // namespace tokcast
