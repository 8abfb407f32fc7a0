#include "bench/accuracy_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/statistics.h"
#include "forecast/cost_model.h"
#include "rehearse/extend.h"
#include "rehearse/statistics.h"

namespace tokcast {
namespace {

std::string milliseconds(double seconds) {
  return fmt::format("{:.{}f}", seconds * 1e3, seconds < 1 ? 1 : 0);
}

std::string row(const Comparison& c) {
  return fmt::format("| {} | {} | {} | {} ({}–{}, n={}) | {} ({}–{}) | {:+.1f} % | {:+.1f} % | {} |\n",
                     c.model, c.threads, c.test, milliseconds(c.truth_median()),
                     milliseconds(quantile(c.truth, 0)), milliseconds(quantile(c.truth, 1)), c.truth.size(),
                     milliseconds(c.forecast.expected.value), milliseconds(c.forecast.low.value),
                     milliseconds(c.forecast.high.value), c.error() * 100, c.quiet_error() * 100,
                     c.inside() ? "yes" : "**no**");
}

std::string summary(const std::string& name, const std::vector<Comparison>& comparisons, auto chosen) {
  std::vector<double> errors;
  std::vector<double> quiet_errors;
  std::size_t inside = 0;
  for (const Comparison& c : comparisons) {
    if (!chosen(c)) continue;
    errors.push_back(std::abs(c.error()) * 100);
    quiet_errors.push_back(std::abs(c.quiet_error()) * 100);
    inside += c.inside() ? 1 : 0;
  }
  if (errors.empty()) return "";
  return fmt::format(
      "| {} | {} | {:.1f} % | {:.1f} % | {:.1f} % | {:.1f} % | {:.1f} % | {} of {} ({:.0f} %) |\n", name,
      errors.size(), quantile(errors, 0.5), quantile(errors, 0.9), quantile(errors, 1),
      quantile(quiet_errors, 0.5), quantile(quiet_errors, 0.9), inside, errors.size(),
      100.0 * static_cast<double>(inside) / static_cast<double>(errors.size()));
}

std::string summaries(const std::vector<Comparison>& comparisons) {
  std::string out =
      "| of | n | median error | 90th percentile | largest | own speed: median | 90th percentile | inside "
      "the "
      "90 % interval |\n|---|---|---|---|---|---|---|---|\n";
  out += summary("all", comparisons, [](const Comparison&) { return true; });
  out += summary("prefill", comparisons, [](const Comparison& c) { return c.prefill; });
  out += summary("decode", comparisons, [](const Comparison& c) { return !c.prefill; });
  for (const std::uint32_t threads : {1U, 2U}) {
    out += summary(fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"), comparisons,
                   [threads](const Comparison& c) { return c.threads == threads; });
  }
  return out;
}

std::string table(const std::vector<Comparison>& comparisons) {
  std::string out =
      "\nMilliseconds; decode per token. Measured: median (least–most, number of samples).\n\n"
      "| model | threads | test | measured | forecast (90 %) | error | own speed | inside "
      "|\n|---|---|---|---|---|---|---|---|\n";
  for (const Comparison& c : comparisons) out += row(c);
  return out;
}

Result<std::string> costs(const std::vector<AccuracyRecord>& records) {
  std::string out = "\n| rehearsal of | threads | wrote, of the model's bytes | took |\n|---|---|---|---|\n";
  for (const AccuracyRecord& record : records) {
    const auto shape = full_shape(record.model);
    if (!shape) return std::unexpected(shape.error());
    out += fmt::format("| {} {} | {} | {:.1f} % | {:.1f} s |\n", shape->id, shape->quantization,
                       record.rehearsal.threads, 100 * (record.rehearsal.plan.bytes / shape->weight_bytes()),
                       record.rehearsal.wall.value);
  }
  return out;
}

}  // namespace

double Comparison::truth_median() const {
  return quantile(truth, 0.5);
}

double Comparison::quiet_error() const {
  return quiet_forecast / quiet(truth) - 1;
}

bool Comparison::inside() const {
  return truth_median() >= forecast.low.value && truth_median() <= forecast.high.value;
}

Result<std::vector<Comparison>> compare(const AccuracyRecord& record) {
  const auto shape = full_shape(record.model);
  if (!shape) return std::unexpected(shape.error());
  const auto timings = extend(*shape, record.rehearsal);
  if (!timings) return std::unexpected(timings.error());
  constexpr std::uint64_t kDecodeTokens = 8;
  const double per_token = 1.0 / kDecodeTokens;
  const std::vector<Interval<Seconds>> forecasts{
      prefill(*shape, *timings, 128, 0), prefill(*shape, *timings, 512, 0),
      decode(*shape, *timings, kDecodeTokens, 0) * per_token,
      decode(*shape, *timings, kDecodeTokens, record.depth) * per_token};
  const auto tests = accuracy_tests(record.depth);
  std::vector<Comparison> out;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const bool is_prefill = i < 2;
    const double lost = (is_prefill ? timings->prefill_share_lost : timings->decode_share_lost).value_or(0);
    out.push_back({shape->id + " " + shape->quantization, record.rehearsal.threads, tests[i], is_prefill,
                   forecasts[i], forecasts[i].expected.value / (1 + lost), record.truth.at(tests[i])});
  }
  return out;
}

Result<std::string> report(const std::vector<AccuracyRecord>& records) {
  if (records.empty()) return fail(ErrorKind::kNotFound, "nothing was measured");
  std::vector<Comparison> comparisons;
  for (const AccuracyRecord& record : records) {
    const auto found = compare(record);
    if (!found) return std::unexpected(found.error());
    comparisons.insert(comparisons.end(), found->begin(), found->end());
  }
  const auto cost = costs(records);
  if (!cost) return std::unexpected(cost.error());
  const Rehearsal& first = records.front().rehearsal;
  return fmt::format("Machine: {}, kernel {}. Engine: {}.\n\n", first.machine_name, records.front().kernel,
                     records.front().engine) +
         summaries(comparisons) + table(comparisons) + *cost;
}

}  // namespace tokcast
