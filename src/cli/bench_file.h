// A model file measured for its promise, and what the ledger keeps of that: the part that `bench` and `setup`
// have in common.
#ifndef TOKCAST_CLI_BENCH_FILE_H_
#define TOKCAST_CLI_BENCH_FILE_H_

#include <string>

#include "base/result.h"
#include "base/units.h"
#include "cli/setting.h"
#include "ledger/promise.h"
#include "measure/measurement.h"
#include "model/shape.h"

namespace tokcast {

struct BenchEffort {
  Seconds allowance = MeasureOptions{}.allowance;
  bool cold = true;  // also with the file dropped from the page cache
};

// The promised turn with the promised threads; `path` is the first file of `shape`. Says on standard error
// how far it is. Needs setting.engine. Errors: those of measure().
Result<Measurement> bench_file(const Shape& shape, const std::string& path, const Promise& promise,
                               const Setting& setting, const BenchEffort& effort = {});

// The medians of what was measured, with the raw samples.
Actual actual_of(const Promise& promise, const Measurement& measurement, const Site& site);

}  // namespace tokcast

#endif  // TOKCAST_CLI_BENCH_FILE_H_
