// What a model needs in memory, against the smallest limit that binds; with graphics cards, of both memories.
#ifndef TOKCAST_FORECAST_MEMORY_H_
#define TOKCAST_FORECAST_MEMORY_H_

#include <optional>
#include <string>

#include "base/units.h"
#include "forecast/workload.h"
#include "model/shape.h"

namespace tokcast {

// The memory that may be used, and which limit says so ("cgroup", "memory available", "memory of the GPU").
struct MemoryBound {
  Bytes bytes{};
  std::string from;
};

// Of the main memory, and of the cards' own. Without the latter the model lies in the main memory whatever
// computes it: integrated graphics, or a card whose memory is not known.
struct MemoryLimits {
  MemoryLimits() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): most callers have a main memory only
  MemoryLimits(std::optional<MemoryBound> of_main) : main(std::move(of_main)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  MemoryLimits(MemoryBound of_main) : main(std::move(of_main)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  MemoryLimits(std::nullopt_t /*unknown*/) {}

  std::optional<MemoryBound> main{};
  std::optional<MemoryBound> cards{};
};

// What lies in one memory.
struct MemoryShare {
  Bytes weights{};
  Bytes kv{};
  Bytes compute{};
  std::optional<MemoryBound> limit{};  // nullopt: not known

  Bytes total() const { return weights + kv + compute; }
  // nullopt if the limit is not known.
  std::optional<bool> fits() const;
};

struct MemoryNeed {
  MemoryShare main{};
  std::optional<MemoryShare> cards{};  // nullopt: all is in the main memory

  Bytes weights() const { return main.weights + (cards ? cards->weights : Bytes()); }
  Bytes kv() const { return main.kv + (cards ? cards->kv : Bytes()); }
  Bytes compute() const { return main.compute + (cards ? cards->compute : Bytes()); }
  Bytes total() const { return main.total() + (cards ? cards->total() : Bytes()); }
  // False if any part does not, nullopt if a limit is not known.
  std::optional<bool> fits() const;
  // The limit of the part that fills its memory most.
  const std::optional<MemoryBound>& limit() const;
};

// The first layer that lies on a card, as llama.cpp counts: of `gpu_layers` the output is the first to go,
// then the layers from the last one on.
std::uint32_t first_layer_on_card(const Shape& shape, std::uint32_t gpu_layers);

// Of one element of the workload's caches.
KvBytes cache_element(const Workload& workload);

// Keys and values of every session, and the states of recurrent layers. `measured_compute` is what the
// engine reported in a rehearsal; without it, the buffers of llama.cpp's graph are estimated from above.
MemoryNeed memory_need(const Shape& shape, const Workload& workload, std::optional<Bytes> measured_compute,
                       const MemoryLimits& limits);

// As many layers as the cards can hold, leaving 1 GiB of their memory free as llama.cpp does by default
// (fit_params_target in its common/common.h); all of them where that memory is not known or is no own one.
std::uint32_t layers_that_fit(const Shape& shape, const Workload& workload, const MemoryLimits& limits);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_MEMORY_H_
