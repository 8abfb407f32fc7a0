// The accuracy suite's result: forecasts against truths, as Markdown.
#ifndef TOKCAST_BENCH_ACCURACY_REPORT_H_
#define TOKCAST_BENCH_ACCURACY_REPORT_H_

#include <string>
#include <vector>

#include "base/units.h"
#include "forecast/interval.h"

namespace tokcast {

// One quantity of one model: what a rehearsal said and what the full model did.
struct Comparison {
  std::string model;
  std::uint32_t threads = 1;
  std::string test;  // "prefill 128", "decode at 1024"
  bool prefill = false;
  Interval<Seconds> forecast{};
  std::vector<double> truth{};  // seconds, in the order measured

  double truth_median() const;
  double error() const { return forecast.expected.value / truth_median() - 1; }
  bool inside() const;
};

// What one rehearsal cost.
struct RehearsalCost {
  std::string model;
  std::uint32_t threads = 1;
  double share_of_bytes = 0;
  Seconds wall{};
};

// A table of all, then medians, 90th percentiles and coverage.
std::string report(const std::vector<Comparison>& comparisons, const std::vector<RehearsalCost>& costs,
                   const std::string& conditions);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_ACCURACY_REPORT_H_
