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
  constexpr double kDeviationsIn90Percent = 2 * 1.645;
  const double spread = (quantile(values, 0.95) - quantile(values, 0.05)) / kDeviationsIn90Percent;
  return std::max(spread, 0.01 * quiet(samples));
}

}  // namespace tokcast
