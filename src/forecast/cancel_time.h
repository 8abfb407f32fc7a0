// How soon an engine that reads a prompt is free again after its client has gone.
#ifndef TOKCAST_FORECAST_CANCEL_TIME_H_
#define TOKCAST_FORECAST_CANCEL_TIME_H_

#include <cstdint>

#include "forecast/timings.h"
#include "model/shape.h"

namespace tokcast {

// llama-server finds out when it tells of its progress, after a batch, and has then begun the next one: at
// most two batches of `batch` tokens. With `depth` tokens in the context already. (Seen of b11669, batches of
// 64 and 128 tokens: docs/SERVER.md, "Under load".)
Seconds cancel_time(const Shape& shape, const Timings& timings, std::uint64_t batch, std::uint64_t depth);

// The largest power of two up to kMicroBatch that keeps cancels `within` anywhere in `context`; kLeastBatch
// where none does.
constexpr std::uint64_t kLeastBatch = 16;
std::uint64_t batch_for_cancel(const Shape& shape, const Timings& timings, Seconds within,
                               std::uint64_t context);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_CANCEL_TIME_H_
