// Problem: the unknowns of KernelRates from a few timings, each of which holds several of them.
//
// Idea: each unknown has a model in which it weighs most. They are solved one after another, each with the
// others as last known, a dozen times over; what is left of an error halves each time.
#include "rehearse/calibration_rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/statistics.h"
#include "forecast/cost_model.h"
#include "rehearse/quiet_times.h"
#include "rehearse/samples.h"

namespace tokcast {
namespace {

constexpr std::array<double, 4> kPrefillRows{8, 32, 128, 512};
constexpr int kRefinements = 12;

// Half of the interval's reach on a machine that is quiet, from how calibrated forecasts of full models
// strayed (docs/ACCURACY.md); wider where the calibration's own checks say so, as on processors with matrix
// units, where what a multiplication takes depends on its shape.
constexpr double kDecodeFloor = 0.10;
constexpr double kPrefillFloor = 0.16;

// A synthetic model and what it asks of the engine.
struct Known {
  explicit Known(const CalibrationModel& which)
      : model(which), shape(*calibration_shape(which)), work(model_work(shape)) {}

  CalibrationModel model;
  Shape shape;
  ModelWork work;
};

class Solver {
 public:
  Solver(const QuietTimes& times, const std::vector<GgmlType>& types) : times_(times) {
    for (const GgmlType type : types) {
      types_.emplace_back(CalibrationModel{CalibrationRole::kType, type});
      wide_.emplace_back(CalibrationModel{CalibrationRole::kWide, type});
      large_.emplace_back(CalibrationModel{CalibrationRole::kLarge, type});
    }
  }

  KernelRates solve() {
    for (int i = 0; i < kRefinements; ++i) {
      solve_fixed();
      for (std::size_t type = 0; type < types_.size(); ++type) solve_type(types_[type], large_[type]);
      for (const Known& wide : wide_) solve_alignment(wide);
      solve_activation();
      solve_attention();
    }
    for (auto& [type, costs] : rates_.types) complete(costs);
    solve_experts();
    return rates_;
  }

 private:
  // Layers and steps, from two models of tiny layers.
  void solve_fixed() {
    const double few = *times_.decode(shallow_.model);
    const double many = *times_.decode(tall_.model);
    const double per_layer = (many - few) / (tall_.work.layers - shallow_.work.layers);
    const double weights = parameters(tall_.work, false) / tall_.work.layers * cost(1);
    rates_.layer_seconds = std::max(0.0, per_layer - weights);
    rates_.step_seconds = std::max(0.0, few - shallow_.work.layers * per_layer);
  }

  // Decode from the large model where there is one: a cache holds some of the other.
  void solve_type(const Known& type, const Known& large) {
    const auto each = decode_cost(large).or_else([&] { return decode_cost(type); });
    if (!each) return;
    TypeCost costs{{1, *each}};
    for (const double rows : kPrefillRows) {
      const auto seconds = times_.of(type.model, {.prompt = static_cast<std::uint32_t>(rows)});
      if (!seconds) continue;
      const double rest =
          fixed(type.work) + around_matrices(type, rows) + last_row(type.work) * costs.front().seconds;
      // More rows never cost less.
      costs.push_back(
          {rows, std::max(costs.back().seconds, (*seconds - rest) / prefilled(type.work, type.model.type))});
    }
    rates_.types[type.model.type] = std::move(costs);
  }

  std::optional<double> decode_cost(const Known& known) const {
    const auto step = times_.decode(known.model);
    if (!step) return std::nullopt;
    return positive((*step - fixed(known.work)) / parameters(known.work, true));
  }

  // Layers of the same kind whose matrices are mostly not aligned, in turn with those that mostly are.
  void solve_alignment(const Known& wide) {
    constexpr double kRows = 128;
    constexpr Reach kSane{0.5, 2};
    const auto seconds = times_.of(wide.model, {.prompt = 128});
    const auto costs = rates_.types.find(wide.model.type);
    if (!seconds || costs == rates_.types.end()) return;
    const double rest =
        fixed(wide.work) + around_matrices(wide, kRows) + last_row(wide.work) * costs->second.front().seconds;
    const double aligned = aligned_parameters(wide.work);
    const double unaligned = parameters(wide.work, false) - aligned;
    const double each = cost_at(costs->second, kRows);
    const double factor = ((*seconds - rest) / each - aligned) / unaligned;
    rates_.unaligned_factors[wide.model.type] = std::clamp(factor, kSane.low, kSane.high);
  }

  // Norms, activations, residuals: layers of half the width have twice as many for each parameter.
  void solve_activation() {
    constexpr double kRows = 128;
    const double seconds = *times_.of(medium_.model, {.prompt = 128});
    const ModelWork& work = medium_.work;
    const double last = last_row(work) * cost(1);
    const double known =
        fixed(work) + last + prefilled(work, kCommonType) * cost(kRows) + attention(medium_, kRows);
    rates_.activation_seconds = std::max(0.0, (seconds - known) / (kRows * work.activation_values));
  }

  // Decode: bytes of keys and values, and products of each query head; two models, two unknowns.
  void solve_attention() {
    const double own = deep_decode(own_heads_);
    const double shared = deep_decode(shared_);
    const double per_value = own_heads_.work.attention_values;
    const double own_bytes = own_heads_.work.key_value_bytes;
    const double shared_bytes = shared_.work.key_value_bytes;
    rates_.key_value_seconds = std::max(0.0, (own - shared) / (own_bytes - shared_bytes));
    rates_.decode_attention_seconds =
        std::max(0.0, (shared - rates_.key_value_seconds * shared_bytes) / per_value);
    const double deep = *times_.of(own_heads_.model, {.prompt = 128, .depth = 1024});
    const double flat = *times_.of(own_heads_.model, {.prompt = 128});
    rates_.attention_seconds = positive((deep - flat) / (128 * 1024 * per_value));
    solve_head_rest();
  }

  // What is left of a step of the mixture without its dense parts, over what its experts would cost as dense
  // matrices.
  void solve_experts() {
    for (const std::uint32_t tokens : {1U, 128U, 512U}) {
      const auto seconds =
          tokens == 1 ? times_.decode(experts_.model) : times_.of(experts_.model, {.prompt = tokens});
      if (!seconds) continue;
      double dense = fixed(experts_.work);
      if (tokens > 1) dense += around_matrices(experts_, tokens);
      double as_dense = 0;
      double rows = 1;
      for (const MatrixWork& matrix : experts_.work.matrices) {
        const double part = matrix.touched_parameters(tokens) * type_cost(matrix.type, matrix.rows(tokens));
        (matrix.experts > 1 ? as_dense : dense) += part;
        if (matrix.experts > 1) rows = std::max(rows, matrix.rows(tokens));
      }
      constexpr double kMost = 20;
      if (as_dense <= 0) continue;
      const double factor = std::clamp((*seconds - dense) / as_dense, 1 / kMost, kMost);
      rates_.expert_factors.push_back({rows, factor});
    }
  }

  // Seconds for one parameter; of the router, which is F32, as kernel_rates.h prices it.
  double type_cost(GgmlType type, double rows) const {
    const auto found = rates_.types.find(type);
    if (found != rates_.types.end()) return cost_at(found->second, rows);
    const auto worth = [](const auto& known) {
      return known.first == GgmlType::kF16 ? 1e9 : bytes_each(known.first);
    };
    const auto nearest = std::ranges::max_element(rates_.types, {}, worth);
    return cost_at(nearest->second, rows) * bytes_each(type) / bytes_each(nearest->first);
  }
  static double bytes_each(GgmlType type) {
    const TypeGeometry& is = geometry(type);
    return static_cast<double>(is.block_bytes) / static_cast<double>(is.block_elements);
  }

  // What each position costs beyond what whole vectors would. Where heads of 96 show little of it, vectors
  // are of 32.
  void solve_head_rest() {
    const auto of_96 = rest_of(heads_96_);
    const auto of_80 = rest_of(heads_80_);
    if (!of_96 || !of_80) return;
    const double left_96 = heads_96_.work.attention_rest_64;
    const double left_80 = heads_80_.work.attention_rest_64;
    const bool wide = of_96->decode / left_96 > of_80->decode / left_80 / 2;
    const auto each = [&](double RestSeconds::* phase) {
      if (!wide) return (*of_80).*phase / left_80;
      return ((*of_96).*phase + (*of_80).*phase) / (left_96 + left_80);
    };
    rates_.head_rest = {.vector_values = wide ? 64U : 32U,
                        .decode_seconds = std::max(0.0, each(&RestSeconds::decode)),
                        .prefill_seconds = std::max(0.0, each(&RestSeconds::prefill))};
  }

  // Seconds for each position, and for each token and position, beyond those of whole vectors.
  struct RestSeconds {
    double decode = 0;
    double prefill = 0;
  };
  std::optional<RestSeconds> rest_of(const Known& known) const {
    const auto flat = times_.of(known.model, {.prompt = 128});
    const auto deep = times_.of(known.model, {.prompt = 128, .depth = 1024});
    if (!flat || !deep || !times_.decode(known.model) || !times_.decode(known.model, 1024)) {
      return std::nullopt;
    }
    const ModelWork& work = known.work;
    return RestSeconds{deep_decode(known) - work.key_value_bytes * rates_.key_value_seconds -
                           work.attention_values * rates_.decode_attention_seconds,
                       (*deep - *flat) / (128 * 1024) - work.attention_values * rates_.attention_seconds};
  }

  // Seconds for each position attended.
  double deep_decode(const Known& known) const {
    return std::max(0.0, (*times_.decode(known.model, 1024) - *times_.decode(known.model)) / 1024);
  }

  // Beyond the largest batch measured a type grows as the most common one does.
  void complete(TypeCost& costs) const {
    const TypeCost& common = rates_.types.at(kCommonType);
    if (costs.back().rows >= common.back().rows) return;
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
  double attention(const Known& model, double rows) const {
    return rows * attended_positions(model.shape, rows / 2) * model.work.attention_values *
           rates_.attention_seconds;
  }
  double around_matrices(const Known& model, double rows) const {
    return rows * model.work.activation_values * rates_.activation_seconds + attention(model, rows);
  }

  // Of the matrices of which a prefill asks for the last token's results alone.
  static double last_row(const ModelWork& work) { return parameters(work, true) - parameters(work, false); }

  // Of the matrices that see every token; or of all.
  static double parameters(const ModelWork& work, bool all) {
    double sum = 0;
    for (const MatrixWork& matrix : work.matrices) {
      if (all || !matrix.last_token_only) sum += matrix.parameters;
    }
    return sum;
  }

  static double aligned_parameters(const ModelWork& work) {
    double sum = 0;
    for (const MatrixWork& matrix : work.matrices) {
      if (matrix.aligned_results && !matrix.last_token_only) sum += matrix.parameters;
    }
    return sum;
  }
  // What every token meets, in parameters of aligned matrices.
  double prefilled(const ModelWork& work, GgmlType type) const {
    const auto known = rates_.unaligned_factors.find(type);
    const double factor = known == rates_.unaligned_factors.end() ? 1 : known->second;
    const double aligned = aligned_parameters(work);
    return aligned + factor * (parameters(work, false) - aligned);
  }

  static double positive(double value) { return std::max(value, 1e-15); }

  const QuietTimes& times_;
  std::vector<Known> types_{};
  std::vector<Known> wide_{};
  std::vector<Known> large_{};
  const Known shallow_{{CalibrationRole::kShallow, kCommonType}};
  const Known tall_{{CalibrationRole::kTall, kCommonType}};
  const Known medium_{{CalibrationRole::kMedium, kCommonType}};
  const Known own_heads_{times_.own_heads()};
  const Known shared_{times_.shared_heads()};
  const Known experts_{{CalibrationRole::kExperts, kCommonType}};
  const Known heads_96_{{CalibrationRole::kHeads96, kCommonType}};
  const Known heads_80_{{CalibrationRole::kHeads80, kCommonType}};
  KernelRates rates_{};
};

// By how much the rates miss models that they were not solved from; 0 where none was timed.
double strayed(const QuietTimes& times, const KernelRates& rates, bool decode) {
  double most = 0;
  for (const CalibrationRole role : {CalibrationRole::kWide, CalibrationRole::kCheckNorms}) {
    if (role == CalibrationRole::kWide && !decode) continue;  // its prefill was solved from
    const CalibrationModel model{role, kCommonType};
    const auto seconds = decode ? times.decode(model) : times.of(model, {.prompt = 128});
    const Shape shape = *calibration_shape(model);
    const auto timings = timings_from_rates(model_work(shape), shape, rates);
    if (!seconds || !timings) continue;
    const Interval<Seconds> told =
        decode ? decode_step(shape, *timings, 0) : prefill(shape, *timings, 128, 0);
    most = std::max(most, std::abs(std::log(*seconds / told.expected.value)));
  }
  return most;
}

Reach reach(double floor, const ShareLost& lost, const Contention& contention, std::uint32_t threads) {
  const double waited = contention.cpu_pressure_share.value_or(0) + contention.stolen_share.value_or(0);
  return {(1 - floor) / (1 + lost.usual) * (1 - std::min(0.5, waited / 2)),
          (1 + floor) * (1 + lost.mean) * (1 + kTakenWeight * taken_share(contention, threads).value_or(0))};
}

void scale(KernelRates& rates, const ShareLost& decode, const ShareLost& prefill) {
  for (auto& [type, costs] : rates.types) {
    for (RowCost& cost : costs) cost.seconds *= 1 + (cost.rows > 1 ? prefill : decode).usual;
  }
}

}  // namespace

Result<KernelRates> rates_from(const Calibration& calibration) {
  const QuietTimes times(calibration);
  if (!times.whole()) {
    return fail(ErrorKind::kBadInput, "the calibration lacks the models on which all its figures rest",
                "calibration", "Run `tokcast calibrate --fresh`.");
  }
  std::vector<GgmlType> types;
  for (const CalibrationSamples& group : calibration.samples) {
    const bool is_new = std::ranges::find(types, group.model.type) == types.end();
    if (group.model.role == CalibrationRole::kType && is_new) types.push_back(group.model.type);
  }
  KernelRates rates = Solver(times, types).solve();
  constexpr double kMostStrayed = 0.8;
  const double decode_floor = std::clamp(strayed(times, rates, true), kDecodeFloor, kMostStrayed);
  const double prefill_floor = std::clamp(strayed(times, rates, false), kPrefillFloor, kMostStrayed);
  const ShareLost decode = times.share_lost(true);
  const ShareLost prefill = times.share_lost(false);
  scale(rates, decode, prefill);
  rates.evidence = Evidence::kCalibrated;
  rates.source = fmt::format("calibrated with {} types of weights", types.size());
  rates.threads = calibration.threads;
  rates.decode = reach(decode_floor, decode, calibration.contention, calibration.threads);
  rates.prefill = reach(prefill_floor, prefill, calibration.contention, calibration.threads);
  rates.taken_by_others = taken_share(calibration.contention, calibration.threads);
  rates.undisturbed_threads = undisturbed_threads(calibration.contention);
  return rates;
}

}  // namespace tokcast
