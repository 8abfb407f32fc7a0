#include "forecast/kernel_rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "forecast/cost_model.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kDeep = 1024;
constexpr std::uint64_t kDeepBatch = 128;

// What a type costs: `factor` times `cost`; nullptr if it is not known.
struct Price {
  const TypeCost* cost = nullptr;
  double factor = 1;
};

double bytes_each(GgmlType type) {
  const TypeGeometry& is = geometry(type);
  return static_cast<double>(is.block_bytes) / static_cast<double>(is.block_elements);
}

// From F16 if it is known, else from the type with the most bytes.
Price price_by_bytes(const KernelRates& rates, GgmlType type) {
  const auto worth = [](const auto& known) {
    return known.first == GgmlType::kF16 ? 1e9 : bytes_each(known.first);
  };
  const auto nearest = std::ranges::max_element(rates.types, {}, worth);
  if (nearest == rates.types.end()) return {};
  return {&nearest->second, bytes_each(type) / bytes_each(nearest->first)};
}

Price price_of(const KernelRates& rates, GgmlType type) {
  if (const auto known = rates.types.find(type); known != rates.types.end()) return {&known->second};
  return type == GgmlType::kF32 ? price_by_bytes(rates, type) : Price{};
}

// 1 for dense matrices.
double expert_factor(const KernelRates& rates, const MatrixWork& matrix, double rows) {
  const auto& known = rates.expert_factors;
  if (matrix.experts <= 1 || known.empty()) return 1;
  const auto above = std::ranges::find_if(known, [rows](const RowFactor& one) { return one.rows >= rows; });
  if (above == known.begin()) return known.front().factor;
  if (above == known.end()) return known.back().factor;
  const RowFactor& below = *(above - 1);
  const double share = (rows - below.rows) / (above->rows - below.rows);
  return below.factor + share * (above->factor - below.factor);
}

double alignment_factor(const KernelRates& rates, const MatrixWork& matrix, double rows) {
  const auto known = rates.unaligned_factors.find(matrix.type);
  const bool counts = !matrix.aligned_results && matrix.experts <= 1 && rows > 1;
  return counts && known != rates.unaligned_factors.end() ? known->second : 1;
}

// A prefill asks for the result of its last token only, a step of several sessions for all of theirs.
double matrix_seconds(const ModelWork& work, const KernelRates& rates, double tokens, bool all_results) {
  double seconds = 0;
  for (MatrixWork matrix : work.matrices) {
    if (all_results) matrix.last_token_only = false;
    const Price price = price_of(rates, matrix.type);
    const double rows = matrix.rows(tokens);
    const double factor =
        price.factor * expert_factor(rates, matrix, rows) * alignment_factor(rates, matrix, rows);
    seconds += matrix.touched_parameters(tokens) * cost_at(*price.cost, rows) * factor;
  }
  return seconds;
}

double fixed_seconds(const ModelWork& work, const KernelRates& rates) {
  return rates.step_seconds + work.layers * rates.layer_seconds;
}

// What recurrent layers do with their state was never measured on its own. It is read and written once a
// step, for which the rate of keys and values stands, and renewed and used with every token of a prompt, for
// which that of attention does. Both are analogies: a third to four times as much, and as many small
// operations as so many further layers have.
constexpr Reach kStateReach{0.33, 4};
constexpr double kMoreLayers = 2;

Interval<Seconds> state_seconds(const ModelWork& work, const KernelRates& rates, double seconds) {
  Interval<Seconds> out = around(Seconds(seconds), kStateReach.low, kStateReach.high);
  out.high += Seconds(kMoreLayers * work.recurrent_layers * rates.layer_seconds);
  return out;
}

Interval<Seconds> state_step(const ModelWork& work, const KernelRates& rates) {
  constexpr double kReadAndWritten = 2 * sizeof(float);
  return state_seconds(work, rates, work.state_values * kReadAndWritten * rates.key_value_seconds);
}

Interval<Seconds> state_scan(const ModelWork& work, const KernelRates& rates, double tokens) {
  return state_seconds(work, rates, tokens * 2 * work.state_values * rates.attention_seconds);
}

// No bound lies below what memory allows.
Interval<Seconds> not_below_floor(Interval<Seconds> duration, const KernelRates& rates, double bytes) {
  if (!rates.floor) return duration;
  const Seconds floor(std::max(0.0, bytes - rates.floor->cached_bytes) / rates.floor->bytes_per_second);
  return {std::max(duration.low, floor), std::max(duration.expected, floor), std::max(duration.high, floor)};
}

// What depth adds to a decode step. Calibrations see it in models of a few layers, whose keys and values
// caches keep from one token to the next; in whole models weights have pushed them out. Those take 1.12 times
// as long for it as is told with this factor, 0.75 to 1.91 in nine of ten (33 rows of six models,
// bench/accuracy_test.cc; docs/FORECAST.md). The rungs below are wide.
Interval<Seconds> depth_seconds(const KernelRates& rates, double told) {
  if (rates.evidence != Evidence::kCalibrated)
    return around(Seconds(told), rates.decode.low, rates.decode.high);
  constexpr double kPushedOut = 1.3;
  constexpr Reach kMore{0.6, 1.5};
  return around(Seconds(told * kPushedOut), rates.decode.low * kMore.low, rates.decode.high * kMore.high);
}

DecodePoint decode_point(const ModelWork& work, const Shape& shape, const KernelRates& rates, double depth) {
  const HeadRest rest = rates.head_rest.value_or(HeadRest{});
  const double attention =
      attended_positions(shape, depth) *
      (work.key_value_bytes * rates.key_value_seconds +
       work.attention_values * rates.decode_attention_seconds + rest.values(work) * rest.decode_seconds);
  const double flat = fixed_seconds(work, rates) + matrix_seconds(work, rates, 1, true);
  const auto duration = around(Seconds(flat), rates.decode.low, rates.decode.high) +
                        depth_seconds(rates, attention) + state_step(work, rates);
  return {depth, not_below_floor(duration, rates, weight_bytes_met(work, 1))};
}

PrefillPoint prefill_point(const ModelWork& work, const Shape& shape, const KernelRates& rates,
                           std::uint64_t tokens, std::uint64_t depth) {
  const auto rows = static_cast<double>(tokens);
  const double positions = attended_positions(shape, static_cast<double>(depth) + rows / 2);
  const HeadRest rest = rates.head_rest.value_or(HeadRest{});
  const double attention =
      rows * positions *
      (work.attention_values * rates.attention_seconds + rest.values(work) * rest.prefill_seconds);
  const double activations = rows * work.activation_values * rates.activation_seconds;
  const double seconds =
      fixed_seconds(work, rates) + matrix_seconds(work, rates, rows, false) + activations + attention;
  const auto duration =
      around(Seconds(seconds), rates.prefill.low, rates.prefill.high) + state_scan(work, rates, rows);
  return {tokens, depth, not_below_floor(duration, rates, weight_bytes_met(work, rows))};
}

// How far the growth beyond one session may be off, as a share of it: batches between 1 and 32 rows are the
// least known part of a cost curve. Calibrations time 8 rows, the rungs below draw a line from 1 to 32.
double growth_deviation(Evidence evidence) {
  return evidence == Evidence::kCalibrated ? 0.25 : 0.6;
}

ParallelStep parallel_step(const ModelWork& work, const KernelRates& rates, std::uint32_t sessions) {
  const double fixed = fixed_seconds(work, rates);
  const double state = state_step(work, rates).expected.value;
  const double one = fixed + matrix_seconds(work, rates, 1, true) + state;
  const double all = fixed + matrix_seconds(work, rates, sessions, true) + sessions * state;
  const double more = all / one - 1;
  const double deviation = 1 + growth_deviation(rates.evidence);
  return {sessions, {1 + more / deviation, 1 + more, 1 + more * deviation}};
}

// A model with parts that no rate was measured for. A judgement: no such model was compared yet.
void widen(Timings& timings) {
  constexpr double kDecode = 1.25;
  constexpr double kPrefill = 1.5;
  const auto wider = [](Interval<Seconds>& duration, double by) {
    duration = {duration.low * (1 / by), duration.expected, duration.high * by};
  };
  for (DecodePoint& point : timings.decode) wider(point.duration, kDecode);
  for (PrefillPoint& point : timings.prefill) wider(point.duration, kPrefill);
}

}  // namespace

double cost_at(const TypeCost& cost, double rows) {
  if (cost.empty()) return 0;
  if (rows <= cost.front().rows) return cost.front().seconds;
  const auto above = std::ranges::find_if(cost, [rows](const RowCost& point) { return point.rows >= rows; });
  if (above == cost.end()) return cost.back().seconds * rows / cost.back().rows;
  const RowCost& below = *(above - 1);
  const double share = (rows - below.rows) / (above->rows - below.rows);
  return below.seconds + share * (above->seconds - below.seconds);
}

std::vector<GgmlType> types_without_cost(const ModelWork& work, const KernelRates& rates) {
  std::set<GgmlType> without;
  for (const MatrixWork& matrix : work.matrices) {
    const Price price = price_of(rates, matrix.type);
    if (price.cost == nullptr || price.cost->empty()) without.insert(matrix.type);
  }
  return {without.begin(), without.end()};
}

Result<Timings> timings_from_rates(const ModelWork& work, const Shape& shape, const KernelRates& rates,
                                   std::uint32_t sessions) {
  const std::vector<GgmlType> without = types_without_cost(work, rates);
  if (!without.empty()) {
    std::vector<std::string_view> names;
    for (const GgmlType type : without) names.push_back(geometry(type).name);
    return fail(ErrorKind::kUnsupported, fmt::format("no rate is known for {}", fmt::join(names, ", ")),
                shape.id,
                rates.evidence == Evidence::kCalibrated
                    ? fmt::format("Run `tokcast calibrate --types {}`.", fmt::join(names, ","))
                    : "Choose another type of weights.");
  }
  const bool has_rest = work.attention_rest_64 > 0;
  if (rates.evidence == Evidence::kCalibrated && has_rest && !rates.head_rest) {
    return fail(ErrorKind::kUnsupported, "no rate is known for heads of its length", shape.id,
                "Run `tokcast calibrate`.");
  }
  Timings out{.evidence = rates.evidence, .source = rates.source, .threads = rates.threads};
  out.taken_by_others = rates.taken_by_others;
  out.undisturbed_threads = rates.undisturbed_threads;
  for (const std::uint64_t tokens : {std::uint64_t{32}, kDeepBatch}) {
    out.prefill.push_back(prefill_point(work, shape, rates, tokens, 0));
  }
  out.prefill.push_back(prefill_point(work, shape, rates, kDeepBatch, kDeep));
  out.prefill.push_back(prefill_point(work, shape, rates, kMicroBatch, 0));
  for (const double depth : {0.0, double{kDeep}}) {
    out.decode.push_back(decode_point(work, shape, rates, depth));
  }
  if (!shape.roughly_modelled.empty()) widen(out);
  if (sessions > 1) out.parallel = parallel_step(work, rates, sessions);
  return out;
}

}  // namespace tokcast
