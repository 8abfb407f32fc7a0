// Problem: the unknowns of KernelRates from a few timings, each of which holds several of them.
//
// Idea: each unknown has a model in which it weighs most. They are solved one after another, each with the
// others as last known, a dozen times over; what is left of an error halves each time.
#include "rehearse/calibration_rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/statistics.h"
#include "forecast/cost_model.h"
#include "rehearse/samples.h"
#include "rehearse/statistics.h"

namespace tokcast {
namespace {

constexpr std::array<double, 4> kPrefillRows{8, 32, 128, 512};
constexpr int kRefinements = 12;

// Half of the interval's reach on a machine that is quiet, from how calibrated forecasts of full models
// strayed (docs/ACCURACY.md).
constexpr double kDecodeFloor = 0.10;
constexpr double kPrefillFloor = 0.14;

std::vector<double> usable(const CalibrationSamples& group) {
  std::vector<double> out = values(group.samples);
  if (group.after_load && !out.empty()) out.erase(out.begin());
  return out;
}

// Quiet times, looked up by model and test.
class QuietTimes {
 public:
  explicit QuietTimes(const Calibration& calibration) {
    for (const CalibrationSamples& group : calibration.samples) {
      auto& all = samples_[{group.model, group.test}];
      const auto more = usable(group);
      all.insert(all.end(), more.begin(), more.end());
    }
    std::erase_if(samples_, [](const auto& entry) { return entry.second.empty(); });
  }

  // Of one token if the test generates; nullopt if it was not measured.
  std::optional<double> of(const CalibrationModel& model, const BenchTest& test) const {
    const auto found = samples_.find({model, test});
    if (found == samples_.end()) return std::nullopt;
    return quiet(found->second) / std::max(1U, test.generate);
  }

  std::optional<double> decode(const CalibrationModel& model, std::uint32_t depth = 0) const {
    return of(model, {.generate = 8, .depth = depth});
  }

  // What others on the machine cost: each sample over the quiet one of its test, minus 1.
  ShareLost share_lost(bool decode) const {
    std::vector<double> slowdowns;
    for (const auto& [key, samples] : samples_) {
      if ((key.second.generate > 0) != decode || samples.size() < 2) continue;
      for (const double sample : samples) slowdowns.push_back(std::min(sample / quiet(samples), 1.3));
    }
    if (slowdowns.empty()) return {};
    double sum = 0;
    for (const double slowdown : slowdowns) sum += slowdown - 1;
    return {std::max(0.0, quantile(slowdowns, 0.5) - 1), sum / static_cast<double>(slowdowns.size())};
  }

 private:
  std::map<std::pair<CalibrationModel, BenchTest>, std::vector<double>> samples_;
};

struct Worked {
  Shape shape;
  ModelWork work;
};

Worked worked(const CalibrationModel& model) {
  Shape shape = *calibration_shape(model);
  ModelWork work = model_work(shape);
  return {std::move(shape), std::move(work)};
}

class Solver {
 public:
  explicit Solver(const QuietTimes& times) : times_(times) {}

  KernelRates solve(const std::vector<GgmlType>& types) {
    for (int i = 0; i < kRefinements; ++i) {
      solve_fixed();
      for (const GgmlType type : types) solve_type(type);
      solve_activation();
      solve_attention();
    }
    for (const GgmlType type : types) complete(rates_.types[type]);
    return rates_;
  }

 private:
  // Layers and steps, from two models of tiny layers.
  void solve_fixed() {
    const double few = *times_.decode(shallow_.model);
    const double many = *times_.decode(tall_.model);
    const double per_layer = (many - few) / (tall_.is.work.layers - shallow_.is.work.layers);
    const double weights = parameters(tall_.is.work, false) / tall_.is.work.layers * cost(1);
    rates_.layer_seconds = std::max(0.0, per_layer - weights);
    rates_.step_seconds = std::max(0.0, few - shallow_.is.work.layers * per_layer);
  }

  void solve_type(GgmlType type) {
    const CalibrationModel model{CalibrationRole::kType, type};
    const Worked is = worked(model);
    TypeCost costs;
    if (const auto seconds = times_.decode(model)) {
      costs.push_back({1, positive((*seconds - fixed(is.work)) / parameters(is.work, true))});
    }
    for (const double rows : kPrefillRows) {
      const auto seconds = times_.of(model, {.prompt = static_cast<std::uint32_t>(rows)});
      if (!seconds || costs.empty()) continue;
      const double rest = fixed(is.work) + around_matrices(is, rows) +
                          (parameters(is.work, true) - parameters(is.work, false)) * costs.front().seconds;
      // More rows never cost less.
      costs.push_back({rows, std::max(costs.back().seconds, (*seconds - rest) / parameters(is.work, false))});
    }
    if (!costs.empty()) rates_.types[type] = std::move(costs);
  }

  // Norms, activations, residuals: layers of half the width have twice as many for each parameter.
  void solve_activation() {
    constexpr double kRows = 128;
    const auto seconds = times_.of(medium_.model, {.prompt = 128});
    if (!seconds) return;
    const ModelWork& work = medium_.is.work;
    const double last = (parameters(work, true) - parameters(work, false)) * cost(1);
    const double known =
        fixed(work) + last + parameters(work, false) * cost(kRows) + attention(medium_.is, kRows);
    rates_.activation_seconds = std::max(0.0, (*seconds - known) / (kRows * work.activation_values));
  }

  // Decode: bytes of keys and values, and products of each query head; two models, two unknowns.
  void solve_attention() {
    const auto own = deep_decode(own_heads_);
    const auto shared = deep_decode(shared_);
    if (!own || !shared) return;
    const double per_value = own_heads_.is.work.attention_values;
    const double own_bytes = own_heads_.is.work.key_value_bytes;
    const double shared_bytes = shared_.is.work.key_value_bytes;
    rates_.key_value_seconds = std::max(0.0, (*own - *shared) / (own_bytes - shared_bytes));
    rates_.decode_attention_seconds =
        std::max(0.0, (*shared - rates_.key_value_seconds * shared_bytes) / per_value);
    const auto deep = times_.of(own_heads_.model, {.prompt = 128, .depth = 1024});
    const auto flat = times_.of(own_heads_.model, {.prompt = 128});
    if (deep && flat) rates_.attention_seconds = positive((*deep - *flat) / (128 * 1024 * per_value));
  }

  struct Known {
    CalibrationModel model;
    Worked is = worked(model);
  };

  // Seconds for each position attended.
  std::optional<double> deep_decode(const Known& known) const {
    const auto deep = times_.decode(known.model, 1024);
    const auto flat = times_.decode(known.model);
    if (!deep || !flat) return std::nullopt;
    return std::max(0.0, (*deep - *flat) / 1024);
  }

  // Beyond the largest batch measured a type grows as the most common one does.
  void complete(TypeCost& costs) const {
    const TypeCost& common = rates_.types.at(kCommonType);
    if (costs.empty() || costs.back().rows >= common.back().rows) return;
    const double growth = cost_at(common, common.back().rows) / cost_at(common, costs.back().rows);
    costs.push_back({common.back().rows, costs.back().seconds * growth});
  }

  double cost(double rows) const {
    const auto found = rates_.types.find(kCommonType);
    return found == rates_.types.end() ? 0 : cost_at(found->second, rows);
  }

  double fixed(const ModelWork& work) const {
    return rates_.step_seconds + work.layers * rates_.layer_seconds;
  }
  double attention(const Worked& is, double rows) const {
    return rows * attended_positions(is.shape, rows / 2) * is.work.attention_values *
           rates_.attention_seconds;
  }
  double around_matrices(const Worked& is, double rows) const {
    return rows * is.work.activation_values * rates_.activation_seconds + attention(is, rows);
  }

  // Of the matrices that see every token; or of all.
  static double parameters(const ModelWork& work, bool all) {
    double sum = 0;
    for (const MatrixWork& matrix : work.matrices) {
      if (all || !matrix.last_token_only) sum += matrix.parameters;
    }
    return sum;
  }

  static double positive(double value) { return std::max(value, 1e-15); }

  const QuietTimes& times_;
  Known shallow_{{CalibrationRole::kShallow, kCommonType}};
  Known tall_{{CalibrationRole::kTall, kCommonType}};
  Known medium_{{CalibrationRole::kMedium, kCommonType}};
  Known own_heads_{{CalibrationRole::kOwnHeads, kCommonType}};
  Known shared_{{CalibrationRole::kShared, kCommonType}};
  KernelRates rates_{};
};

Reach reach(double floor, const ShareLost& lost, const Contention& contention) {
  const double waited = contention.cpu_pressure_share.value_or(0) + contention.stolen_share.value_or(0);
  return {(1 - floor) / (1 + lost.usual) * (1 - std::min(0.5, waited / 2)), (1 + floor) * (1 + lost.mean)};
}

void scale(KernelRates& rates, const ShareLost& decode, const ShareLost& prefill) {
  for (auto& [type, costs] : rates.types) {
    for (RowCost& cost : costs) cost.seconds *= 1 + (cost.rows > 1 ? prefill : decode).usual;
  }
}

}  // namespace

Result<KernelRates> rates_from(const Calibration& calibration) {
  const QuietTimes times(calibration);
  const bool whole = times.decode({CalibrationRole::kShallow, kCommonType}) &&
                     times.decode({CalibrationRole::kTall, kCommonType}) &&
                     times.decode({CalibrationRole::kType, kCommonType});
  if (!whole) {
    return fail(ErrorKind::kBadInput, "the calibration lacks the models on which all its figures rest",
                "calibration", "Run `tokcast calibrate --fresh`.");
  }
  std::vector<GgmlType> types;
  for (const CalibrationSamples& group : calibration.samples) {
    const bool is_new = std::ranges::find(types, group.model.type) == types.end();
    if (group.model.role == CalibrationRole::kType && is_new) types.push_back(group.model.type);
  }
  KernelRates rates = Solver(times).solve(types);
  const ShareLost decode = times.share_lost(true);
  const ShareLost prefill = times.share_lost(false);
  scale(rates, decode, prefill);
  rates.evidence = Evidence::kCalibrated;
  rates.source = fmt::format("calibrated with {} types of weights", types.size());
  rates.threads = calibration.threads;
  rates.decode = reach(kDecodeFloor, decode, calibration.contention);
  rates.prefill = reach(kPrefillFloor, prefill, calibration.contention);
  return rates;
}

}  // namespace tokcast
