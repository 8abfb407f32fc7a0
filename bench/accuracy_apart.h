// Rehearsals and calibrations judged by what was measured at another time: what a promise is for.
#ifndef TOKCAST_BENCH_ACCURACY_APART_H_
#define TOKCAST_BENCH_ACCURACY_APART_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bench/accuracy_record.h"

namespace tokcast {

// For each two sessions of the suite, what was told in one with what was measured in the other; a session has
// each model, threads and depth of a machine once. What has no counterpart is left out.
using Session = std::vector<AccuracyRecord>;
std::vector<Session> apart(const std::vector<AccuracyRecord>& records);

// The records of NAME.jsonl and of the sessions before, NAME-before.jsonl, so judged. Errors: those of
// read_records.
Result<std::vector<Session>> read_apart(const std::string& directory, std::string_view name);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_ACCURACY_APART_H_
