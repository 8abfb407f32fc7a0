// Timed runs of several sessions at once: llama-batched-bench, which some llama.cpp lack.
#ifndef TOKCAST_ENGINE_BATCHED_BENCH_H_
#define TOKCAST_ENGINE_BATCHED_BENCH_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "engine/engine.h"

namespace tokcast {

// Every session prefills `prompt` tokens of its own, then all decode `generate` tokens, one for each at a
// time.
struct BatchedRequest {
  std::string model_path;
  std::uint32_t prompt = 0;
  std::uint32_t generate = 0;
  std::uint32_t sessions = 2;
  std::uint32_t threads = 1;
  std::uint32_t gpu_layers = 0;
  std::uint32_t repetitions = 3;  // each a process of its own
  Seconds deadline{600};          // of each
};

// One repetition: the time until all prompts are in, and that of the decode after it.
struct BatchedSample {
  Seconds prefill{};
  Seconds decode{};

  Seconds turn() const { return prefill + decode; }
};

struct BatchedRun {
  std::uint32_t sessions = 0;
  std::uint32_t prompt = 0;
  std::uint32_t generate = 0;
  std::vector<BatchedSample> samples{};  // never empty
};

// Is it there? Errors: kNotFound.
Result<void> check_batched_bench(const Engine& engine);

// Errors: kNotFound (this engine has no llama-batched-bench), kUsage (nothing to do), kEngineFailed,
// kInterrupted.
Result<BatchedRun> run_batched_bench(const Engine& engine, const BatchedRequest& request);

// The one line of its `jsonl` that answers the request. Errors: kEngineFailed.
Result<BatchedSample> parse_batched_output(std::string_view text, const BatchedRequest& request);

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_BATCHED_BENCH_H_
