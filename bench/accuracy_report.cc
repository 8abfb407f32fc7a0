#include "accuracy_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rehearse/statistics.h"

namespace tokcast {
namespace {

std::string milliseconds(double seconds) {
  return fmt::format("{:.{}f}", seconds * 1e3, seconds < 1 ? 1 : 0);
}

std::string row(const Comparison& c) {
  return fmt::format("| {} | {} | {} | {} ({}–{}, n={}) | {} ({}–{}) | {:+.1f} % | {} |\n", c.model,
                     c.threads, c.test, milliseconds(c.truth_median()), milliseconds(quantile(c.truth, 0)),
                     milliseconds(quantile(c.truth, 1)), c.truth.size(),
                     milliseconds(c.forecast.expected.value), milliseconds(c.forecast.low.value),
                     milliseconds(c.forecast.high.value), c.error() * 100, c.inside() ? "yes" : "**no**");
}

std::string summary(const std::string& name, const std::vector<Comparison>& comparisons, auto chosen) {
  std::vector<double> errors;
  std::size_t inside = 0;
  for (const Comparison& c : comparisons) {
    if (!chosen(c)) continue;
    errors.push_back(std::abs(c.error()) * 100);
    inside += c.inside() ? 1 : 0;
  }
  if (errors.empty()) return "";
  return fmt::format("| {} | {} | {:.1f} % | {:.1f} % | {:.1f} % | {} of {} ({:.0f} %) |\n", name,
                     errors.size(), quantile(errors, 0.5), quantile(errors, 0.9), quantile(errors, 1), inside,
                     errors.size(), 100.0 * static_cast<double>(inside) / static_cast<double>(errors.size()));
}

}  // namespace

double Comparison::truth_median() const {
  return quantile(truth, 0.5);
}

bool Comparison::inside() const {
  return truth_median() >= forecast.low.value && truth_median() <= forecast.high.value;
}

std::string report(const std::vector<Comparison>& comparisons, const std::vector<RehearsalCost>& costs,
                   const std::string& conditions) {
  std::string out = conditions + "\n";
  out +=
      "| of | n | median error | 90th percentile | largest | inside the 90 % interval "
      "|\n|---|---|---|---|---|---|\n";
  out += summary("all", comparisons, [](const Comparison&) { return true; });
  out += summary("prefill", comparisons, [](const Comparison& c) { return c.prefill; });
  out += summary("decode", comparisons, [](const Comparison& c) { return !c.prefill; });
  for (const std::uint32_t threads : {1U, 2U}) {
    out += summary(fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"), comparisons,
                   [threads](const Comparison& c) { return c.threads == threads; });
  }
  out += "\nMilliseconds; decode per token. Measured: median (least–most, number of samples).\n\n";
  out +=
      "| model | threads | test | measured | forecast (90 %) | error | inside "
      "|\n|---|---|---|---|---|---|---|\n";
  for (const Comparison& c : comparisons) out += row(c);
  out += "\n| rehearsal of | threads | wrote, of the model's bytes | took |\n|---|---|---|---|\n";
  for (const RehearsalCost& cost : costs) {
    out += fmt::format("| {} | {} | {:.1f} % | {:.1f} s |\n", cost.model, cost.threads,
                       cost.share_of_bytes * 100, cost.wall.value);
  }
  return out;
}

}  // namespace tokcast
