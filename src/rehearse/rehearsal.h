// A rehearsal: the engine timed on a small and a large skeleton of a model, raw samples kept.
//
// What is run, in this order, each line as engine processes of its own, as far as the time allowance reaches:
//   1. a round: small, then large skeleton; prefill of 32 and 128 tokens, decode of 8, at depth 0;
//   2. depth: the large skeleton at depth 0 and at the deepest context that time allows (cost of attention);
//   3. batch: the large skeleton with prefills of 128 and of 512 tokens (a full micro-batch);
//   4. further rounds, which show drift.
// Only rounds need the small skeleton: what it is for is the cost outside the layers, which neither depth
// nor batch size changes.
#ifndef TOKCAST_REHEARSE_REHEARSAL_H_
#define TOKCAST_REHEARSE_REHEARSAL_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "engine/bench.h"
#include "engine/engine.h"
#include "machine/contention.h"
#include "machine/machine.h"
#include "model/shape.h"
#include "rehearse/layer_plan.h"

namespace tokcast {

enum class RehearsalPass { kRound, kDepth, kBatch };

// Samples of one test in one process.
struct RehearsalSamples {
  RehearsalPass pass = RehearsalPass::kRound;
  std::uint32_t number = 0;  // of the round; 0 for other passes
  bool large = false;        // which skeleton
  BenchTest test{};
  bool after_load = false;  // the first sample also touched the weights for the first time
  std::vector<Seconds> samples{};
};

struct Rehearsal {
  std::string model;      // Shape::id
  std::string shape_key;  // of the shape, the same for the same tensors and hyper-parameters
  std::string engine_identity;
  std::string engine_version;
  std::string machine_identity;
  std::string machine_name;
  std::int64_t unix_time = 0;  // when it was made, seconds
  std::uint32_t threads = 1;
  LayerPlan plan{};
  std::optional<Bytes> last_level_cache{};  // of the machine; nullopt: not known
  std::vector<RehearsalSamples> samples{};
  // Start to ready of the engine on each skeleton's rounds, its file in memory: what is not in the samples.
  std::vector<Seconds> small_load{};
  std::vector<Seconds> large_load{};
  std::optional<Bytes> compute_bytes{};  // the engine's scratch buffers for full micro-batches
  Contention contention{};
  std::uint64_t involuntary_switches = 0;
  Seconds wall{};  // of the whole rehearsal

  // Made while others had too much of the processors: kept, but made again when it is asked for.
  bool busy() const;
};

struct RehearsalOptions {
  std::uint32_t threads = 1;
  std::uint32_t depth = 1024;                        // deepest context wanted; less is run if time is short
  Seconds allowance{20};                             // to be done by; one round is run whatever it costs
  std::function<void(std::string_view)> progress{};  // a short phrase per step; may be empty
  // Called before each engine process, its time not counted; may be empty. The accuracy suite measures the
  // full model there, so that both sides meet the same machine.
  std::function<void()> interlude{};
};

// Key of what decides a model's speed: architecture, hyper-parameters, tensors with types. 16 hex
// digits.
std::string shape_key(const Shape& shape);

// Errors: those of plan_layers, Skeleton::write and run_bench.
Result<Rehearsal> rehearse(const Shape& shape, const Engine& engine, const Machine& machine,
                           const RehearsalOptions& options);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_REHEARSAL_H_
