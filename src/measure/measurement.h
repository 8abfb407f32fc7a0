// A real model file through the engine: loaded cold and warm, prefilled, decoded, whole turns.
//
// What is run, each line as engine processes of its own:
//   1. loads: with the file dropped from the page cache, then twice with it there; one token each;
//   2. a round: prefills of 32 and 128 tokens and decode of 8 at depth 0; this turn's prefill; this turn's
//      reply at its depth; the whole turn in one go;
//   3. depth: prefill of 128 and decode of 8 at the deepest context of the turn, at least 1024 if time
//   allows;
//   4. batch: a prefill of 512, llama.cpp's full micro-batch;
//   5. further rounds while time is left, which show drift.
// All times are the engine's own, of whole repetitions; of loads, which it does not time, the process's.
#ifndef TOKCAST_MEASURE_MEASUREMENT_H_
#define TOKCAST_MEASURE_MEASUREMENT_H_

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
#include "forecast/forecast.h"
#include "forecast/timings.h"
#include "machine/contention.h"
#include "machine/machine.h"
#include "model/shape.h"

namespace tokcast {

struct Measurement {
  std::uint32_t threads = 1;
  // Of each test all samples of all rounds, in the order in which they were taken. The first one after a load
  // touched the weights for the first time and is not among them.
  std::vector<BenchSamples> samples{};
  // From start to ready, each of one process: its wall time less one decode step. The file in the page cache;
  // on the disk.
  std::vector<Seconds> load{};
  std::vector<Seconds> cold_load{};
  std::string not_cold{};  // why there is no cold load; "" if there is
  std::optional<Bytes> compute_bytes{};
  Contention contention{};
  std::uint64_t involuntary_switches = 0;
  Seconds wall{};

  // Of one test; empty if it was not run.
  std::vector<double> of(const BenchTest& test) const;
};

// The tests that make a turn: what is prefilled, what is decoded after it, and both in one go. A turn without
// a fresh prompt has no prefill, one of a single token no decode.
struct TurnTests {
  std::optional<BenchTest> prefill{};
  std::optional<BenchTest> decode{};
  std::optional<BenchTest> turn{};  // nullopt where it has one part only
};
TurnTests turn_tests(const Workload& workload);

struct MeasureOptions {
  std::string model_path;  // of the first file, where there are several
  std::uint32_t threads = 1;
  Workload workload{};
  // To be done by; loads and one round are run whatever they take.
  Seconds allowance{60};
  bool cold = true;                                  // also with the file dropped from the page cache
  std::function<void(std::string_view)> progress{};  // a short phrase per step; may be empty
};

// Errors: those of run_bench; kUsage if the turn is none.
Result<Measurement> measure(const Shape& shape, const Engine& engine, const Machine& machine,
                            const MeasureOptions& options);

// One stage of the turn as measured: the median, and from the fastest to the slowest sample.
struct MeasuredTurn {
  std::optional<Interval<Seconds>> load{};
  std::optional<Interval<Seconds>> cold_load{};
  std::optional<Interval<Seconds>> first_token{};
  std::optional<Interval<Seconds>> turn{};
  std::optional<Interval<TokensPerSecond>> prefill{};
  std::optional<Interval<TokensPerSecond>> decode{};
  std::size_t turns = 0;  // samples of whole turns
};
MeasuredTurn measured_turn(const Measurement& measurement, const Workload& workload);

// The `measured` rung: what forecasts of any other turn of this file rest on. Errors: kBadInput if a prefill
// or a decode at depth 0 is missing.
Result<Timings> measured_timings(const Measurement& measurement);

}  // namespace tokcast

#endif  // TOKCAST_MEASURE_MEASUREMENT_H_
