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

double matrix_seconds(const ModelWork& work, const KernelRates& rates, double tokens) {
  double seconds = 0;
  for (const MatrixWork& matrix : work.matrices) {
    const Price price = price_of(rates, matrix.type);
    const double cost = price.factor * cost_at(*price.cost, matrix.rows(tokens));
    seconds += matrix.touched_parameters(tokens) * cost * expert_factor(rates, matrix, matrix.rows(tokens));
  }
  return seconds;
}

double fixed_seconds(const ModelWork& work, const KernelRates& rates) {
  return rates.step_seconds + work.layers * rates.layer_seconds;
}

DecodePoint decode_point(const ModelWork& work, const Shape& shape, const KernelRates& rates, double depth) {
  const HeadRest rest = rates.head_rest.value_or(HeadRest{});
  const double attention =
      attended_positions(shape, depth) *
      (work.key_value_bytes * rates.key_value_seconds +
       work.attention_values * rates.decode_attention_seconds + rest.values(work) * rest.decode_seconds);
  const double seconds = fixed_seconds(work, rates) + matrix_seconds(work, rates, 1) + attention;
  return {depth, around(Seconds(seconds), rates.decode.low, rates.decode.high)};
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
      fixed_seconds(work, rates) + matrix_seconds(work, rates, rows) + activations + attention;
  return {tokens, depth, around(Seconds(seconds), rates.prefill.low, rates.prefill.high)};
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

Result<Timings> timings_from_rates(const ModelWork& work, const Shape& shape, const KernelRates& rates) {
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
  return out;
}

}  // namespace tokcast
