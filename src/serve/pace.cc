#include "serve/pace.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace tokcast {
namespace {

// English text in the vocabularies of today's models; a byte vocabulary has 1. Learnt with every turn.
constexpr double kBytesPerToken = 3.5;
constexpr std::size_t kRemembered = 32;
// Below so many actuals their spread says less than the forecast's own interval.
constexpr std::size_t kEnough = 5;
constexpr double kSmoothing = 0.2;  // of a running mean: the weight of the newest
constexpr double kLeastRatio = 0.1;
constexpr double kMostRatio = 20;

void remember(std::deque<double>& values, double value) {
  values.push_back(value);
  if (values.size() > kRemembered) values.pop_front();
}

double quantile_of(const std::deque<double>& values, double quantile) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const auto index =
      static_cast<std::size_t>(std::llround(quantile * static_cast<double>(sorted.size() - 1)));
  return sorted[index];
}

}  // namespace

Pace::Pace(TurnForecaster forecaster, std::uint64_t usual_reply_tokens)
    : forecaster_(std::move(forecaster)),
      bytes_per_token_(kBytesPerToken),
      reply_tokens_(static_cast<double>(usual_reply_tokens)) {}

TurnSize Pace::guess_size(std::uint64_t prompt_bytes, std::optional<std::uint64_t> reply_limit) const {
  TurnSize out;
  out.prompt_tokens = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(static_cast<double>(prompt_bytes) / bytes_per_token_));
  out.reply_tokens = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(reply_tokens_)));
  if (reply_limit) out.reply_tokens = std::clamp<std::uint64_t>(*reply_limit, 1, out.reply_tokens);
  return out;
}

std::optional<double> Pace::ratio_at(double quantile) const {
  return ratios_.empty() ? std::nullopt : std::optional(quantile_of(ratios_, quantile));
}

std::optional<double> Pace::correction() const {
  return ratio_at(0.5);
}

std::optional<TurnTimes> Pace::forecast(const TurnSize& size) const {
  return forecaster_ ? forecaster_(size) : std::nullopt;
}

std::optional<TurnTimes> Pace::times(const TurnSize& size) const {
  const auto plain = forecast(size);
  if (!plain) {
    if (token_seconds_.size() < kEnough) return std::nullopt;
    const auto at = [&](double q) {
      return Seconds(quantile_of(token_seconds_, q) * static_cast<double>(size.reply_tokens));
    };
    const Interval<Seconds> turn{at(0.05), at(0.5), at(0.95)};
    return TurnTimes{turn, turn};
  }
  if (ratios_.size() < kEnough) return plain;
  const auto corrected = [&](const Interval<Seconds>& in) {
    return Interval<Seconds>{in.expected * *ratio_at(0.05), in.expected * *ratio_at(0.5),
                             in.expected * *ratio_at(0.95)};
  };
  return TurnTimes{corrected(plain->first_token), corrected(plain->turn)};
}

void Pace::learn(const TurnActual& actual) {
  const auto smooth = [](double& mean, double value) { mean += kSmoothing * (value - mean); };
  if (actual.prompt_bytes > 0 && actual.size.prompt_tokens > 0) {
    smooth(bytes_per_token_, std::clamp(static_cast<double>(actual.prompt_bytes) /
                                            static_cast<double>(actual.size.prompt_tokens),
                                        0.25, 32.0));
  }
  if (actual.was_cut || actual.size.reply_tokens == 0) return;
  // The first real reply says more than the usual one, which was a guess.
  const double weight = std::max(kSmoothing, 1 / static_cast<double>(token_seconds_.size() + 1));
  reply_tokens_ += weight * (static_cast<double>(actual.size.reply_tokens) - reply_tokens_);
  remember(token_seconds_, actual.turn.value / static_cast<double>(actual.size.reply_tokens));
  const auto plain = forecast(actual.size);
  if (!plain || plain->turn.expected.value <= 0) return;
  remember(ratios_, std::clamp(actual.turn.value / plain->turn.expected.value, kLeastRatio, kMostRatio));
}

}  // namespace tokcast
