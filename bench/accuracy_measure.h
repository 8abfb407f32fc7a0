// One model at one thread count, measured and rehearsed in turns.
//
// The machine's speed changes within seconds (docs/ACCURACY.md), so a full model measured before or after a
// rehearsal would mostly show that. The full model is therefore run in short stretches between the
// rehearsal's engine processes; their time does not count as the rehearsal's.
#ifndef TOKCAST_BENCH_ACCURACY_MEASURE_H_
#define TOKCAST_BENCH_ACCURACY_MEASURE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/accuracy_record.h"
#include "engine/engine.h"
#include "machine/machine.h"

namespace tokcast {

struct AccuracyOptions {
  std::uint32_t threads = 1;
  std::uint32_t depth = 1024;
  Seconds allowance{20};  // of the rehearsal
  bool rehearse = true;
  bool calibrate = true;  // and measure the machine's rates
  std::vector<std::string_view>
      without{};  // instructions that the engine does not use either: "amx", "avx512"
};

// Errors: those of full_shape, Skeleton::write_full, run_bench, rehearse and calibrate.
Result<AccuracyRecord> measure_accuracy(const std::string& model, const Engine& engine,
                                        const Machine& machine, const AccuracyOptions& options);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_ACCURACY_MEASURE_H_
