// Rehearsals judged by what was measured at another time: what a promise is for.
#ifndef TOKCAST_BENCH_ACCURACY_APART_H_
#define TOKCAST_BENCH_ACCURACY_APART_H_

#include <vector>

#include "bench/accuracy_record.h"

namespace tokcast {

// Each rehearsal of `now` with the truth of the same model, threads and depth, on the same machine, in
// `before`, and the other way round. What has no counterpart is left out.
std::vector<AccuracyRecord> apart(const std::vector<AccuracyRecord>& now,
                                  const std::vector<AccuracyRecord>& before);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_ACCURACY_APART_H_
