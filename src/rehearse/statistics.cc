#include "rehearse/statistics.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace tokcast {
namespace {

std::vector<double> resample(const std::vector<double>& samples, std::mt19937_64& random) {
  std::vector<double> out(samples.size());
  // Not std::uniform_int_distribution: its draws differ between standard libraries.
  for (double& value : out) value = samples[random() % samples.size()];
  return out;
}

}  // namespace

double quantile(std::vector<double> samples, double share) {
  std::ranges::sort(samples);
  const double position = share * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  return std::lerp(samples[below], samples[above], position - static_cast<double>(below));
}

double quiet(const std::vector<double>& samples) {
  return quantile(samples, 0.25);
}

double quiet_deviation(const std::vector<double>& samples) {
  constexpr int kResamples = 200;
  std::mt19937_64 random(1);
  std::vector<double> values;
  for (int i = 0; i < kResamples; ++i) values.push_back(quiet(resample(samples, random)));
  constexpr double kDeviationsIn90Percent = 2 * 1.645;
  const double spread = (quantile(values, 0.95) - quantile(values, 0.05)) / kDeviationsIn90Percent;
  return std::max(spread, 0.01 * quiet(samples));
}

}  // namespace tokcast
