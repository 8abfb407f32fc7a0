// A calibration: the engine timed on synthetic models, one for each quantisation type, raw samples kept. Once
// for a machine, engine and thread count; forecasts of all models follow from it (calibration_rates.h).
#ifndef TOKCAST_REHEARSE_CALIBRATION_H_
#define TOKCAST_REHEARSE_CALIBRATION_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "engine/bench.h"
#include "engine/engine.h"
#include "machine/contention.h"
#include "machine/machine.h"
#include "rehearse/calibration_model.h"

namespace tokcast {

// Samples of one test in one process.
struct CalibrationSamples {
  CalibrationModel model{};
  BenchTest test{};
  bool after_load = false;  // the first sample also touched the weights for the first time
  std::vector<Seconds> samples{};
};

// A type that the engine would not run.
struct RefusedType {
  GgmlType type = GgmlType::kF32;
  std::string reason;
};

struct Calibration {
  std::string engine_identity;
  std::string engine_version;
  std::string machine_identity;
  std::string machine_name;
  std::int64_t unix_time = 0;  // when it was begun, seconds
  std::uint32_t threads = 1;
  std::vector<CalibrationSamples> samples{};
  std::vector<RefusedType> refused{};
  Contention contention{};
  Seconds wall{};

  bool has(GgmlType type) const;  // measured or refused
  bool has(const CalibrationModel& model) const;
  bool has_heads() const;    // of lengths that vectors do not divide
  bool has_experts() const;  // of a mixture
  bool has_checks() const;   // models by which the figures are checked
  // Made while others had too much of the processors: to be made anew once they do not.
  bool busy() const;
};

struct CalibrationOptions {
  std::uint32_t threads = 1;
  std::vector<GgmlType> types{};  // in order of importance
  bool heads = true;              // measure heads that vectors do not divide, too
  bool experts = true;            // and a mixture of experts
  // To be done by; one type is measured whatever it takes. Types that do not get their turn are left to the
  // time when they are needed; time that is left goes into more passes.
  Seconds allowance{55};
  std::function<void(std::string_view)> progress{};  // a short phrase per step; may be empty
  std::function<void()> interlude{};                 // as in RehearsalOptions
  // What is known so far, after each type: an interrupted calibration goes on from there. May be empty.
  std::function<void(const Calibration&)> keep{};
};

// Of one model: does each row of a batch cost clearly more than in a smaller one? Rows that share the reading
// of the weights cost less, or hardly more, so another program was in between.
bool looks_disturbed(std::span<const CalibrationSamples> groups);

// Adds to `known` (of the same machine, engine and threads) what it lacks, or makes a new one.
// Errors: those of Skeleton::write_full and run_bench; kEngineFailed if no type can be run at all.
Result<Calibration> calibrate(const Engine& engine, const Machine& machine, const CalibrationOptions& options,
                              std::optional<Calibration> known = {});

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_CALIBRATION_H_
