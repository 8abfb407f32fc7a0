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

double quiet(const std::vector<double>& samples) { return quantile(samples, 0.25); }

double bootstrap_half_width(
    const std::vector<double>& a, const std::vector<double>& b,
    const std::function<double(const std::vector<double>&, const std::vector<double>&)>& statistic) {
  constexpr int kResamples = 200;
  std::mt19937_64 random(1);
  std::vector<double> values;
  for (int i = 0; i < kResamples; ++i) {
    const auto resampled_a = resample(a, random);
    values.push_back(statistic(resampled_a, resample(b, random)));
  }
  return (quantile(values, 0.95) - quantile(values, 0.05)) / 2;
}

}  // namespace tokcast
