// The fit behind data/efficiency.json: factors that bring forecasts nearest to published rows.
//
// Problem: some hundred factors, many seen by few rows of few machines. Idea: every factor's logarithm has a
// normal prior around 0, narrow for levels that should differ little (a family) and wide for constants of the
// formulas, so that a factor without rows stays 1 and one with few moves little (a hierarchical model, its
// most probable point). The rest is least squares on logarithms of times, a machine with many rows counting
// less for each, gross errors counting less (Huber). Method: Gauss-Newton with derivatives by differences,
// always the same steps, so that the result is repeatable to the digit that is written. Decode is fitted
// before prefill, which contains its costs.
#ifndef TOKCAST_BENCH_FIT_FACTORS_H_
#define TOKCAST_BENCH_FIT_FACTORS_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/published.h"
#include "forecast/looked_up.h"

namespace tokcast {

using Logs = std::map<std::string, double>;

// The natural logarithm of the seconds that a row's test takes, with factors from `logs`; nullopt if its
// hardware cannot be looked up.
std::optional<double> log_forecast(const PublishedRow& row, const LogFactor& log_factor);

// Of the same test as published.
double log_measured(const PublishedRow& row);

// Fits all rows once, and then without any one machine at little further cost.
class Fit {
 public:
  // `rows` must outlive the fit.
  explicit Fit(const std::vector<PublishedRow>& rows);
  ~Fit();
  Fit(const Fit&) = delete;
  Fit& operator=(const Fit&) = delete;

  const Logs& factors() const { return factors_; }
  // The same with what each rests on.
  std::map<std::string, Factor> table() const;
  // The factors that all other machines give. Derivatives are those of the whole fit.
  Logs without(const std::string& machine) const;
  // How many machines other than this one depend on the factor.
  std::uint32_t machines_but(const std::string& machine, const std::string& name) const;

 private:
  struct Phase;
  std::vector<Phase> phases_;
  Logs factors_;
  std::map<std::string, std::set<std::string>> machines_of_;  // by factor
};

// What `logs` tells of a name; 0 for one that it does not have.
LogFactor as_factor(const Logs& logs);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_FIT_FACTORS_H_
