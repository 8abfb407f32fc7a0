// What the accuracy suite measures, kept raw: a rehearsal and the full model's times, one JSON line each.
//
// The report is a pure function of such lines, so a changed forecaster is judged on old measurements without
// measuring again (`accuracy --replay FILE`).
#ifndef TOKCAST_BENCH_ACCURACY_RECORD_H_
#define TOKCAST_BENCH_ACCURACY_RECORD_H_

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "machine/profile.h"
#include "model/shape.h"
#include "rehearse/calibration.h"
#include "rehearse/rehearsal.h"

namespace tokcast {

// What rungs below a rehearsal knew, and the full model's times while they learnt it.
struct RatesTrial {
  Calibration calibration{};  // with the types of this model only
  Profile profile{};          // with the rates that `tokcast probe` measures
  std::map<std::string, std::vector<double>> truth{};
};

// One model at one thread count. `model` is MODEL or MODEL@LAYERS (full_shape).
struct AccuracyRecord {
  std::string model;
  std::string kernel;
  std::string engine;
  std::uint32_t depth = 1024;  // of the second decode test
  std::uint32_t threads = 1;
  std::optional<Rehearsal> rehearsal{};
  // Seconds of the full model during the rehearsal, in the order measured; decode per token.
  std::map<std::string, std::vector<double>> truth{};
  std::optional<RatesTrial> rates{};
};

// The tests that truth has, in the order of the report.
std::vector<std::string> accuracy_tests(std::uint32_t depth);

// "name" or "name@N": only its first N layers, for models whose full size no small machine holds.
// Errors: those of find_shape; kUsage.
Result<Shape> full_shape(const std::string& name);

Json record_to_json(const AccuracyRecord& record);

// Errors: kBadInput.
Result<AccuracyRecord> record_from_json(const Json& json);

// One record a line. Errors: kNotFound, kIo, kBadInput naming the line.
Result<std::vector<AccuracyRecord>> read_records(const std::string& path);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_ACCURACY_RECORD_H_
