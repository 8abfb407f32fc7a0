// A rehearsal's samples, asked by test, skeleton and round.
#ifndef TOKCAST_REHEARSE_SAMPLES_H_
#define TOKCAST_REHEARSE_SAMPLES_H_

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "rehearse/rehearsal.h"

namespace tokcast {

std::vector<double> values(const std::vector<Seconds>& samples);

// Without the first sample after a load: it touched the weights for the first time. May be empty.
std::vector<double> usable_samples(const std::vector<Seconds>& samples, bool after_load);

// What contention costs now: samples over the quiet one of their test, minus 1.
struct ShareLost {
  double usual = 0;  // the median
  double mean = 0;   // with hiccups, each counted as 1.3 times the quiet sample at most
};

// All threads wait for the slowest: a share that others took from one of them counts about so often.
constexpr double kTakenWeight = 2;

// From the usable samples of each test; none of the tests may be empty.
ShareLost share_lost_by(const std::vector<std::vector<double>>& tests);

// The rehearsal must outlive it.
class SampleTable {
 public:
  explicit SampleTable(const Rehearsal& rehearsal);

  const std::set<std::uint32_t>& rounds() const { return rounds_; }
  std::vector<BenchTest> tests_in_rounds() const;
  std::vector<const RehearsalSamples*> groups(RehearsalPass pass) const;

  // Of all passes, or of one; empty if there are none.
  std::vector<double> of(const BenchTest& test, bool large, std::optional<RehearsalPass> pass = {}) const;
  std::vector<double> of_round(const BenchTest& test, bool large, std::uint32_t round) const;

  // Of the tests at depth 0.
  ShareLost share_lost(bool decode) const;

 private:
  std::vector<double> collect(auto wanted) const;

  const Rehearsal& rehearsal_;
  std::set<std::uint32_t> rounds_;
};

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_SAMPLES_H_
