#include "rehearse/statistics.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "base/statistics.h"

namespace tokcast {
namespace {

std::vector<double> resample(const std::vector<double>& samples, std::mt19937_64& random) {
  std::vector<double> out(samples.size());
  // Not std::uniform_int_distribution: its draws differ between standard libraries.
  for (double& value : out) value = samples[random() % samples.size()];
  return out;
}

}  // namespace

double quiet(std::vector<double> samples) {
  std::ranges::sort(samples);
  return samples[(samples.size() - 1) / 4];
}

double quiet_deviation(const std::vector<double>& samples) {
  constexpr int kResamples = 200;
  std::mt19937_64 random(1);
  std::vector<double> values;
  for (int i = 0; i < kResamples; ++i) values.push_back(quiet(resample(samples, random)));
  const double spread = (quantile(values, 0.95) - quantile(values, 0.05)) / (2 * kSigmas);
  return std::max(spread, 0.01 * quiet(samples));
}

Estimate combined(const Estimate& a, const Estimate& b) {
  const double weight_a = 1 / (a.deviation * a.deviation);
  const double weight_b = 1 / (b.deviation * b.deviation);
  const double mean = (weight_a * a.mean + weight_b * b.mean) / (weight_a + weight_b);
  const double deviation = std::sqrt(1 / (weight_a + weight_b));
  return {std::max(mean, deviation / 10), deviation};
}

}  // namespace tokcast
