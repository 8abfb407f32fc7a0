#include "bench/fit_factors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "forecast/cost_model.h"

namespace tokcast {
namespace {

// How far a factor may be from 1, as a standard deviation of its logarithm. By the first word that fits.
struct Deviation {
  std::string_view within;
  double value;
};

constexpr std::array kDeviations = std::to_array<Deviation>({{" layer backend=", 0.7},
                                                             {" layer isa=", 0.7},
                                                             {" group backend=", 0.5},
                                                             {" family=", 0.2},
                                                             {" line=", 0.2},
                                                             {" group=", 0.25},
                                                             {" type=", 0.2},
                                                             {" isa=", 0.3},
                                                             {" backend=", 0.4},

                                                             {" condition=", 0.3},
                                                             {" part=", 0},
                                                             {" many cores", 0.3},
                                                             {" wide memory", 0.3},
                                                             {" matrix units", 0.3},
                                                             {" sockets", 0.4},
                                                             {" mixture", 0.5},
                                                             {" idle rows", 1.0},
                                                             {"", 1.5}});

double deviation_of(std::string_view name) {
  const auto fits = [name](const Deviation& one) { return name.find(one.within) != std::string_view::npos; };
  return std::ranges::find_if(kDeviations, fits)->value;
}

// What the scatter of one row around a machine's own truth is taken to be.
constexpr double kRowDeviation = 0.2;

struct Observation {
  const PublishedRow* row = nullptr;
  double measured = 0;
  double weight = 1;
  std::vector<std::string> names{};  // factors that the forecast depends on, of this phase
  std::vector<double> slopes{};      // of the forecast's logarithm, for each of them
};

// A machine with n rows counts as n^0.4 machines with one.
constexpr double kRowExponent = -0.6;

// Those of the phase that the forecast asks for and depends on: rates know all types, a model has few.
std::vector<std::string> names_of(const PublishedRow& row) {
  std::set<std::string> asked;
  const double plain =
      *log_forecast(row, [&asked](const std::string& name) { return asked.insert(name), 0.0; });
  const std::string_view phase = row.prefill ? "prefill " : "decode ";
  const auto idle = [&](const std::string& name) {
    if (!name.starts_with(phase) || deviation_of(name) == 0) return true;
    const LogFactor nudged = [&name](const std::string& other) { return other == name ? 0.1 : 0.0; };
    return std::abs(*log_forecast(row, nudged) - plain) < 1e-9;
  };
  std::erase_if(asked, idle);
  return {asked.begin(), asked.end()};
}

std::vector<Observation> observe(const std::vector<PublishedRow>& rows, HardwareKind kind, bool prefill) {
  std::vector<Observation> all;
  std::map<std::string, double> rows_of;
  for (const PublishedRow& row : rows) {
    if (row.hardware.kind != kind || row.prefill != prefill) continue;
    ++rows_of[row.machine];
    all.push_back({&row, log_measured(row), 1, names_of(row)});
  }
  for (Observation& one : all) one.weight = std::pow(rows_of[one.row->machine], kRowExponent);
  return all;
}

// Solves a x = b for a symmetric positive definite matrix, in place (Cholesky).
std::vector<double> solve(std::vector<std::vector<double>> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k) a[j][j] -= a[j][k] * a[j][k];
    a[j][j] = std::sqrt(a[j][j]);
    for (std::size_t i = j + 1; i < n; ++i) {
      for (std::size_t k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
    for (std::size_t k = 0; k < j; ++k) b[j] -= a[j][k] * b[k];
    b[j] /= a[j][j];
  }
  for (std::size_t j = n; j-- > 0;) {
    for (std::size_t k = j + 1; k < n; ++k) b[j] -= a[k][j] * b[k];
    b[j] /= a[j][j];
  }
  return b;
}

// Errors beyond the usual ones pull no harder than those.
double huber(double residual) {
  constexpr double kKnee = kRowDeviation;
  return std::abs(residual) <= kKnee ? 1 : kKnee / std::abs(residual);
}

struct Equations {
  std::vector<std::vector<double>> matrix;
  std::vector<double> right;

  explicit Equations(std::size_t size) : matrix(size, std::vector<double>(size)), right(size) {}
};

void set_slopes(Observation& one, Logs& logs) {
  constexpr double kStep = 1e-3;
  const LogFactor factor = as_factor(logs);
  const double forecast = *log_forecast(*one.row, factor);
  one.slopes.clear();
  for (const std::string& name : one.names) {
    double& value = logs.at(name);
    value += kStep;
    one.slopes.push_back((*log_forecast(*one.row, factor) - forecast) / kStep);
    value -= kStep;
  }
}

using Index = std::map<std::string, std::size_t>;

void add_row(const Observation& one, const Logs& logs, const Index& index, Equations& out) {
  const double residual = one.measured - *log_forecast(*one.row, as_factor(logs));
  const double weight = one.weight * huber(residual) / (kRowDeviation * kRowDeviation);
  for (std::size_t a = 0; a < one.names.size(); ++a) {
    const std::size_t i = index.at(one.names[a]);
    out.right[i] += weight * one.slopes[a] * residual;
    for (std::size_t b = 0; b < one.names.size(); ++b) {
      out.matrix[i][index.at(one.names[b])] += weight * one.slopes[a] * one.slopes[b];
    }
  }
}

// One step of Gauss-Newton; the largest change of a factor's logarithm.
double improve(const std::vector<Observation>& observations, const std::string& without, const Index& index,
               Logs& logs) {
  Equations equations(index.size());
  for (const Observation& one : observations) {
    if (one.row->machine != without) add_row(one, logs, index, equations);
  }
  for (const auto& [name, i] : index) {
    const double prior = 1 / std::pow(deviation_of(name), 2);
    equations.matrix[i][i] += prior;
    equations.right[i] -= prior * logs.at(name);
  }
  const std::vector<double> step = solve(std::move(equations.matrix), std::move(equations.right));
  constexpr double kLongest = 1;
  double largest = 0;
  for (const auto& [name, i] : index) {
    logs.at(name) += std::clamp(step[i], -kLongest, kLongest);
    largest = std::max(largest, std::abs(step[i]));
  }
  return largest;
}

constexpr int kMostSteps = 30;
constexpr double kSettled = 1e-4;

}  // namespace

struct Fit::Phase {
  HardwareKind kind = HardwareKind::kCpu;
  std::vector<Observation> observations{};
  Index index{};

  bool has(const std::string& machine) const {
    return std::ranges::any_of(observations,
                               [&machine](const Observation& one) { return one.row->machine == machine; });
  }
};

Fit::Fit(const std::vector<PublishedRow>& rows) {
  for (const HardwareKind kind : {HardwareKind::kCpu, HardwareKind::kGpu}) {
    for (const bool prefill : {false, true}) {
      Phase& phase = phases_.emplace_back(kind, observe(rows, kind, prefill));
      std::set<std::string> names;
      for (const Observation& one : phase.observations) {
        for (const std::string& name : one.names) machines_of_[name].insert(one.row->machine);
        names.insert(one.names.begin(), one.names.end());
      }
      for (const std::string& name : names) phase.index.emplace(name, phase.index.size());
      for (const std::string& name : names) factors_.emplace(name, 0);
      for (int step = 0; step < kMostSteps; ++step) {
        for (Observation& one : phase.observations) set_slopes(one, factors_);
        if (improve(phase.observations, "", phase.index, factors_) < kSettled) break;
      }
    }
  }
}

Fit::~Fit() = default;

Logs Fit::without(const std::string& machine) const {
  Logs logs = factors_;
  std::set<HardwareKind> changed;
  for (const Phase& phase : phases_) {
    if (phase.has(machine)) changed.insert(phase.kind);
  }
  for (const Phase& phase : phases_) {
    if (!changed.contains(phase.kind)) continue;
    for (int step = 0; step < kMostSteps; ++step) {
      if (improve(phase.observations, machine, phase.index, logs) < 10 * kSettled) break;
    }
  }
  return logs;
}

std::uint32_t Fit::machines_but(const std::string& machine, const std::string& name) const {
  const auto found = machines_of_.find(name);
  if (found == machines_of_.end()) return 0;
  return static_cast<std::uint32_t>(found->second.size() - found->second.count(machine));
}

std::map<std::string, Factor> Fit::table() const {
  std::map<std::string, Factor> table;
  for (const Phase& phase : phases_) {
    for (const Observation& one : phase.observations) {
      for (const std::string& name : one.names) ++table[name].rows;
    }
  }
  for (auto& [name, factor] : table) {
    factor.log = factors_.at(name);
    factor.machines = static_cast<std::uint32_t>(machines_of_.at(name).size());
  }
  return table;
}

LogFactor as_factor(const Logs& logs) {
  return [&logs](const std::string& name) {
    const auto found = logs.find(name);
    return found == logs.end() ? 0.0 : found->second;
  };
}

std::optional<double> log_forecast(const PublishedRow& row, const LogFactor& log_factor) {
  const PublishedModel& model = *row.model;
  const auto rates = rates_with(row.hardware, model.kind, log_factor);
  const auto timings =
      rates ? timings_from_rates(model.work, model.shape, *rates) : std::unexpected(rates.error());
  if (!timings) return std::nullopt;
  const auto duration = row.prefill ? prefill(model.shape, *timings, row.tokens, 0)
                                    : decode(model.shape, *timings, row.tokens, 0);
  return std::log(duration.expected.value);
}

double log_measured(const PublishedRow& row) {
  return std::log(static_cast<double>(row.tokens) / row.tokens_per_second);
}

}  // namespace tokcast
