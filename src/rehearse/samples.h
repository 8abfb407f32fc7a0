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

// Without the first sample after a load, if there are others.
std::vector<double> usable_samples(const RehearsalSamples& group);

// The rehearsal must outlive it.
class SampleTable {
 public:
  explicit SampleTable(const Rehearsal& rehearsal);

  const std::set<std::uint32_t>& rounds() const { return rounds_; }
  std::vector<BenchTest> tests_in_rounds() const;
  std::vector<const RehearsalSamples*> groups(RehearsalPass pass) const;

  // Pooled over all rounds, or of one round; empty if there are none.
  std::vector<double> of(const BenchTest& test, bool large, std::optional<std::uint32_t> round = {},
                         RehearsalPass pass = RehearsalPass::kRound) const;

  // Mean of samples over quiet, minus 1, over all rounds of decode or of prefill: what contention costs now.
  // Samples beyond 1.3 times the quiet one count as that: a hiccup is not the usual loss.
  double share_lost(bool decode) const;

 private:
  const Rehearsal& rehearsal_;
  std::set<std::uint32_t> rounds_;
};

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_SAMPLES_H_
