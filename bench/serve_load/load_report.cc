#include "bench/serve_load/load_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tokcast {

std::optional<double> LoadSamples::quantile(double share) const {
  if (seconds_.empty()) return std::nullopt;
  std::vector<double> sorted = seconds_;
  std::ranges::sort(sorted);
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(sorted.size()))) - 1];
}

std::string in_milliseconds(std::optional<double> seconds) {
  if (!seconds) return "none";
  const double milliseconds = *seconds * 1000;
  return fmt::format("{:.{}f} ms", milliseconds, milliseconds < 10 ? 1 : 0);
}

std::string summary(const LoadSamples& samples) {
  if (samples.count() == 0) return "none";
  return fmt::format("p99 {}, p99.9 {}, longest {} ({})", in_milliseconds(samples.quantile(0.99)),
                     in_milliseconds(samples.quantile(0.999)), in_milliseconds(samples.most()),
                     samples.count());
}

std::string markdown_head() {
  return "| what | goal | measured |\n|---|---|---|\n";
}

std::string markdown_rows(const std::vector<LoadRow>& rows) {
  std::string out;
  for (const LoadRow& row : rows) out += fmt::format("| {} | {} | {} |\n", row.what, row.goal, row.figure);
  return out;
}

}  // namespace tokcast
