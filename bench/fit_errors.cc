#include "bench/fit_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/statistics.h"

namespace tokcast {
namespace {

std::string phase_of(const PublishedRow& row) {
  return row.prefill ? "prefill" : "decode";
}

std::string kind_of(const PublishedRow& row) {
  return row.model->kind == ModelKind::kMixture ? "mixture" : "dense";
}

// As Efficiency::reach asks for it.
std::string level_of(const PublishedRow& row, const std::string& group) {
  return fmt::format("{} {} {}", phase_of(row), group, kind_of(row));
}

// Squares of errors, averaged by machine; and how many machines and rows there were.
struct Scale {
  std::map<std::string, std::pair<double, std::uint32_t>> machines{};

  void add(const RowError& error) {
    auto& [sum, rows] = machines[error.row->machine];
    // What is not known of its levels explains so much of an error, but never all of it.
    sum += std::max(error.log * error.log - error.unseen, error.log * error.log / 4);
    ++rows;
  }
  std::uint32_t rows() const {
    std::uint32_t all = 0;
    for (const auto& [name, machine] : machines) all += machine.second;
    return all;
  }
  // With `weight` machines of the mean square `prior` beside its own.
  double mean_square(double prior, double weight) const {
    double sum = weight * prior;
    for (const auto& [name, machine] : machines) sum += machine.first / machine.second;
    return sum / (weight + static_cast<double>(machines.size()));
  }
};

constexpr double kLeaningMachines = 3;
constexpr double kGuess = 0.3;  // deviation where nothing at all is known

using Scales = std::map<std::string, Scale>;

double deviation_of(const Scales& scales, const PublishedRow& row, const std::string& group) {
  const auto at = [&scales](const std::string& level) {
    const auto found = scales.find(level);
    return found == scales.end() ? Scale{} : found->second;
  };
  const double phase = at(phase_of(row)).mean_square(kGuess * kGuess, 1);
  const double kind = at(level_of(row, "all")).mean_square(phase, kLeaningMachines);
  if (group == "all") return std::sqrt(kind);
  const Scale own = at(level_of(row, group));
  // A deviation from few machines is itself uncertain: about Student's factor for so many degrees of freedom.
  const double machines = kLeaningMachines + static_cast<double>(own.machines.size());
  return std::sqrt(own.mean_square(kind, kLeaningMachines)) * (1 + 1.5 / machines);
}

// The value below which `share` of the weight lies. Not for empty samples.
double weighted_quantile(std::vector<std::pair<double, double>> samples, double share) {
  std::ranges::sort(samples);
  double all = 0;
  for (const auto& [value, weight] : samples) all += weight;
  double below = 0;
  for (const auto& [value, weight] : samples) {
    below += weight;
    if (below >= share * all) return value;
  }
  return samples.back().first;
}

// The shape of a class's intervals: quantiles of errors in units of their class's deviation. Its own errors
// count in full, those of all other classes together as much as kLeaningMachines of its machines; a machine
// with many rows counts for some more than one with few, not in proportion.
Reach shape_of(const std::vector<RowError>& errors, const Scales& scales, const PublishedRow& of,
               const std::string& group) {
  constexpr double kRowExponent = -0.6;  // as in the fit
  const std::string phase = phase_of(of);
  const std::string level = level_of(of, group);
  const auto machines = [&scales](const std::string& name) {
    const auto found = scales.find(name);
    return found == scales.end() ? 0.0 : static_cast<double>(found->second.machines.size());
  };
  const double others = std::max(1.0, machines(phase) - machines(level));
  std::vector<std::pair<double, double>> standard;
  for (const RowError& error : errors) {
    if (phase_of(*error.row) != phase) continue;
    const bool own = group == "all" ? kind_of(*error.row) == kind_of(of)
                                    : level_of(*error.row, error.row->hardware.group) == level;
    const double rows = scales.at(phase).machines.at(error.row->machine).second;
    const double deviation = deviation_of(scales, *error.row, error.row->hardware.group);
    standard.emplace_back(
        error.log / std::hypot(deviation, std::sqrt(error.unseen)),
        std::pow(rows, kRowExponent) * (own ? 1 : std::min(1.0, kLeaningMachines / others)));
  }
  constexpr double kNormal = 1.645;
  if (standard.size() < 20) return {-kNormal, kNormal};
  return {std::min(weighted_quantile(standard, 0.05), 0.0), std::max(weighted_quantile(standard, 0.95), 0.0)};
}

double relative(const RowError& error) {
  return std::abs(std::exp(-error.log) - 1);  // of the forecast against the truth
}

// One line of the table.
struct Line {
  struct Machine {
    double error = 0;
    double near = 0;
    double rows = 0;
  };
  std::map<std::string, Machine> machines{};
  double rows = 0;
  double inside = 0;

  void add(const RowError& error, bool is_inside) {
    Machine& machine = machines[error.row->machine];
    machine.error += relative(error);
    machine.near += relative(error) <= 0.3 ? 1 : 0;
    ++machine.rows;
    ++rows;
    inside += is_inside ? 1 : 0;
  }
};

std::string print_line(const std::string& name, const Line& line) {
  std::vector<double> errors;
  double near = 0;
  for (const auto& [machine, sums] : line.machines) {
    errors.push_back(sums.error / sums.rows);
    near += sums.near / sums.rows;
  }
  return fmt::format("| {} | {:.0f} | {} | {:.0f} % | {:.0f} % | {:.0f} % | {:.0f} % |\n", name, line.rows,
                     errors.size(), 100 * quantile(errors, 0.5), 100 * quantile(errors, 0.9),
                     100 * near / static_cast<double>(errors.size()), 100 * line.inside / line.rows);
}

}  // namespace

std::vector<RowError> errors_without_own_machine(const Fit& fit, const std::vector<PublishedRow>& rows) {
  std::map<std::string, Logs> without;
  std::vector<RowError> errors;
  for (const PublishedRow& row : rows) {
    const auto [found, is_new] = without.try_emplace(row.machine);
    if (is_new) found->second = fit.without(row.machine);
    const Machines others = [&](const std::string& name) { return fit.machines_but(row.machine, name); };
    errors.push_back({&row, log_measured(row) - *log_forecast(row, as_factor(found->second)),
                      unseen_variance(row.hardware, phase_of(row), others)});
  }
  return errors;
}

std::map<std::string, Spread> spreads_of(const std::vector<RowError>& all, const std::string& without) {
  std::vector<RowError> errors = all;
  std::erase_if(errors, [&without](const RowError& error) { return error.row->machine == without; });
  Scales scales;
  for (const RowError& error : errors) {
    const PublishedRow& row = *error.row;
    for (const std::string& level :
         {phase_of(row), level_of(row, "all"), level_of(row, row.hardware.group)}) {
      scales[level].add(error);
    }
  }
  std::map<std::string, Spread> spreads;
  for (const RowError& error : all) {
    const PublishedRow& row = *error.row;
    for (const std::string& group : {std::string("all"), row.hardware.group}) {
      const std::string level = level_of(row, group);
      if (spreads.contains(level)) continue;
      const double deviation = deviation_of(scales, row, group);
      const Reach shape = shape_of(errors, scales, row, group);
      spreads[level] = {{std::exp(shape.low * deviation), std::exp(shape.high * deviation)},
                        scales[level].rows(),
                        static_cast<std::uint32_t>(scales[level].machines.size())};
    }
  }
  return spreads;
}

std::map<std::string, Factor> part_factors(const Fit& fit, const std::vector<PublishedRow>& rows) {
  constexpr double kRowsOfDoubt = 2;
  std::map<std::string, Factor> factors;
  for (const PublishedRow& row : rows) {
    const std::string_view kind = row.hardware.kind == HardwareKind::kCpu ? "cpu" : "gpu";
    Factor& factor = factors[fmt::format("{} {} part={}", phase_of(row), kind, row.hardware.part)];
    factor.log += log_measured(row) - *log_forecast(row, as_factor(fit.factors()));
    ++factor.rows;
    factor.machines = 1;
  }
  for (auto& [name, factor] : factors) factor.log /= factor.rows + kRowsOfDoubt;
  return factors;
}

std::string error_table(const std::vector<RowError>& errors) {
  std::map<std::string, std::map<std::string, Spread>> spreads;
  std::map<std::string, Line> lines;
  for (const RowError& error : errors) {
    const PublishedRow& row = *error.row;
    const auto [found, is_new] = spreads.try_emplace(row.machine);
    if (is_new) found->second = spreads_of(errors, row.machine);
    const Reach reach = widened(found->second.at(level_of(row, row.hardware.group)).reach, error.unseen);
    const bool inside = error.log >= std::log(reach.low) && error.log <= std::log(reach.high);
    const std::string_view kind = row.hardware.kind == HardwareKind::kCpu ? "all processors" : "all graphics";
    for (const std::string_view group :
         {std::string_view("all hardware"), kind, std::string_view(row.hardware.group)}) {
      lines[fmt::format("{} | {} | {}", group, phase_of(row), kind_of(row))].add(error, inside);
    }
  }
  std::string text =
      "| class | phase | model | rows | machines | median error | 90th percentile | within 30 % | coverage "
      "|\n"
      "|---|---|---|---|---|---|---|---|---|\n";
  for (const auto& [name, line] : lines) text += print_line(name, line);
  return text;
}

std::string error_rows(const std::vector<RowError>& errors) {
  std::string out = "phase,class,kind,machine,part,backend,isa,log_error,unseen_variance\n";
  for (const RowError& error : errors) {
    const PublishedRow& row = *error.row;
    out += fmt::format("{},{},{},\"{}\",\"{}\",{},{},{:.4f},{:.4f}\n", phase_of(row), row.hardware.group,
                       kind_of(row), row.machine, row.hardware.part, row.hardware.backend, row.hardware.isa,
                       error.log, error.unseen);
  }
  return out;
}

}  // namespace tokcast
