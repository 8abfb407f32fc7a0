#include "bench/accuracy_apart.h"

#include <algorithm>

namespace tokcast {
namespace {

bool is_counterpart(const AccuracyRecord& one, const AccuracyRecord& other) {
  return one.model == other.model && one.threads == other.threads && one.depth == other.depth &&
         one.rehearsal && other.rehearsal &&
         one.rehearsal->machine_identity == other.rehearsal->machine_identity;
}

void add_judged(const std::vector<AccuracyRecord>& rehearsed, const std::vector<AccuracyRecord>& measured,
                std::vector<AccuracyRecord>& out) {
  for (AccuracyRecord record : rehearsed) {
    const auto found = std::ranges::find_if(
        measured, [&](const AccuracyRecord& other) { return is_counterpart(record, other); });
    if (found == measured.end()) continue;
    record.truth = found->truth;
    out.push_back(std::move(record));
  }
}

}  // namespace

std::vector<AccuracyRecord> apart(const std::vector<AccuracyRecord>& now,
                                  const std::vector<AccuracyRecord>& before) {
  std::vector<AccuracyRecord> out;
  add_judged(now, before, out);
  add_judged(before, now, out);
  return out;
}

}  // namespace tokcast
