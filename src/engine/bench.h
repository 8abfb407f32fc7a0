// Timed runs of the engine: llama-bench with every argument explicit, its answer parsed strictly, raw samples
// kept.
#ifndef TOKCAST_ENGINE_BENCH_H_
#define TOKCAST_ENGINE_BENCH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "engine/engine.h"

namespace tokcast {

// One thing to time. At least one of prompt and generate is not 0; both: a whole turn, one after the other.
struct BenchTest {
  std::uint32_t prompt = 0;    // prefill of this many tokens in one call
  std::uint32_t generate = 0;  // decode of this many tokens, one by one
  std::uint32_t depth = 0;     // tokens already in the context

  auto operator<=>(const BenchTest&) const = default;
};

struct BenchRequest {
  std::string model_path;  // a GGUF file; may be /proc/self/fd/N of an inherited descriptor
  std::vector<int> inherited_descriptors{};
  // Each is run once, however often it is named. Tests at depths that ask for the same prompts and replies
  // share one process, so that the model is loaded once: llama-bench runs the cross product of its lists and
  // nothing else.
  std::vector<BenchTest> tests;
  std::uint32_t threads = 1;
  std::uint32_t repetitions = 5;
  std::uint32_t batch = 2048;       // logical batch
  std::uint32_t micro_batch = 512;  // physical batch
  std::uint32_t gpu_layers = 0;
  bool warm_up = true;
  bool report_buffers =
      false;  // also learn buffer sizes; makes the engine talk, which may cost a percent of speed
  Seconds deadline{120};
};

struct BenchSamples {
  BenchTest test;
  std::vector<Seconds> samples;  // wall time of each whole repetition (all its tokens), never empty
};

struct BenchRun {
  std::vector<BenchSamples> results;  // one for each test of the request, in its order
  std::uint64_t build = 0;
  std::string cpu;       // as the engine names it
  std::string backends;  // "CPU", "CUDA,CPU" ...
  Seconds wall{};        // of the whole child; of all children together if there were several
  Seconds cpu_time{};
  std::uint64_t involuntary_switches = 0;
  std::uint64_t peak_resident_bytes = 0;
  // With report_buffers, if the engine told: of its largest context, all devices together.
  std::optional<Bytes> compute_buffer{};
  std::optional<Bytes> kv_buffer{};  // recurrent state included
};

// Errors: kUsage (a request that makes no sense), kEngineFailed (refused, crashed, hung, flooded, or answered
// something else than asked; the engine's own last words are in the message), kInterrupted.
Result<BenchRun> run_bench(const Engine& engine, const BenchRequest& request);

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_BENCH_H_
