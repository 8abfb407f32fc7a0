// What a model needs in memory, against the smallest limit that binds.
#ifndef TOKCAST_FORECAST_MEMORY_H_
#define TOKCAST_FORECAST_MEMORY_H_

#include <optional>
#include <string>

#include "base/units.h"
#include "model/shape.h"

namespace tokcast {

// The memory that may be used, and which limit says so ("cgroup", "memory available").
struct MemoryBound {
  Bytes bytes{};
  std::string from;
};

struct MemoryNeed {
  Bytes weights{};
  Bytes kv{};
  Bytes compute{};
  std::optional<MemoryBound> limit{};  // nullopt: not known

  Bytes total() const { return weights + kv + compute; }
  // nullopt if the limit is not known.
  std::optional<bool> fits() const;
};

// Keys and values in F16, as the engine keeps them by default. `measured_compute` is what the engine reported
// in a rehearsal; without it, the buffers of llama.cpp's graph are estimated from above.
MemoryNeed memory_need(const Shape& shape, Tokens context, std::optional<Bytes> measured_compute,
                       std::optional<MemoryBound> limit);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_MEMORY_H_
