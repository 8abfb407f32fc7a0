// The `measured` rung: from a measurement's samples to Timings.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/statistics.h"
#include "measure/measurement.h"
#include "rehearse/samples.h"
#include "rehearse/statistics.h"

namespace tokcast {
namespace {

// What the same file on the same machine differs by from one time to another, as half a 90 % interval: rounds
// of the accuracy suite (docs/ACCURACY.md) strayed so far from each other.
constexpr double kLater = 0.06;
constexpr double kSigmas = 1.645;

// The median; around it sampling and what may have changed by the time of the turn, and hiccups above.
Interval<Seconds> interval_of(const std::vector<double>& samples) {
  const double usual = quantile(samples, 0.5);
  const double doubt = std::min(std::hypot(kSigmas * quiet_deviation(samples) / quiet(samples), kLater), 0.9);
  const ShareLost lost = share_lost_by({samples});
  const double fastest = quantile(samples, 0) / usual;
  return around(Seconds(usual), std::min(fastest, 1 - doubt),
                1 + doubt + std::max(0.0, lost.mean - lost.usual));
}

Interval<Seconds> load_interval(const std::vector<Seconds>& loads) {
  const Seconds usual(quantile(values(loads), 0.5));
  // Single runs of a process: others' work, and the host's own cache, weigh more than in many short ones.
  return around(usual, 0.7, 1.5);
}

}  // namespace

Result<Timings> measured_timings(const Measurement& measurement) {
  Timings out{.evidence = Evidence::kMeasured,
              .source = fmt::format("measured on this file in {:.0f} s", measurement.wall.value),
              .threads = measurement.threads,
              .compute_bytes = measurement.compute_bytes};
  if (measurement.wall.value <= 0) out.source = "measured on this file";
  for (const BenchSamples& one : measurement.samples) {
    const BenchTest& test = one.test;
    if (one.samples.empty() || (test.prompt > 0 && test.generate > 0)) continue;
    const auto duration = interval_of(values(one.samples));
    if (test.prompt > 0) out.prefill.push_back({test.prompt, test.depth, duration});
    // The step at the middle of the tokens decoded.
    if (test.generate > 0)
      out.decode.push_back({test.depth + test.generate / 2.0, duration * (1.0 / test.generate)});
  }
  std::ranges::sort(out.prefill, {}, [](const auto& point) { return std::pair(point.tokens, point.depth); });
  std::ranges::sort(out.decode, {}, &DecodePoint::depth);
  const bool shallow = std::ranges::any_of(out.prefill, [](const auto& point) { return point.depth == 0; });
  if (!shallow || out.decode.empty()) return fail(ErrorKind::kBadInput, "a measurement without its rounds");
  if (!measurement.load.empty()) out.load = load_interval(measurement.load);
  if (!measurement.cold_load.empty()) out.cold_load = load_interval(measurement.cold_load);
  return out;
}

}  // namespace tokcast
