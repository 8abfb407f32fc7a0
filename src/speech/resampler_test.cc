#include "speech/resampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace tokcast {
namespace {

using Samples = std::vector<std::int16_t>;

Samples tone(double hertz, std::uint32_t rate, double seconds) {
  Samples out(static_cast<std::size_t>(seconds * rate));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
    out[i] = static_cast<std::int16_t>(std::lround(10'000 * std::sin(angle)));
  }
  return out;
}

Samples resampled(const Samples& in, std::uint32_t from, std::uint32_t to, std::size_t piece) {
  auto resampler = Resampler::make(from, to).value();
  Samples out;
  const auto append = [&](const Samples& more) { out.insert(out.end(), more.begin(), more.end()); };
  for (std::size_t at = 0; at < in.size(); at += piece) {
    append(resampler.feed(std::span(in).subspan(at, std::min(piece, in.size() - at))));
  }
  append(resampler.finish());
  return out;
}

double loudness(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const std::int16_t s : samples) sum += static_cast<double>(s) * s;
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

TEST(Resampler, PiecesOfAnySizeGiveTheSame) {
  for (const auto& [from, to] :
       {std::pair{8000U, 16000U}, {16000U, 8000U}, {22050U, 16000U}, {44100U, 8000U}}) {
    const Samples in = tone(440, from, 0.5);
    const Samples whole = resampled(in, from, to, in.size());
    for (const std::size_t piece : {1, 7, 320, 5000})
      EXPECT_EQ(resampled(in, from, to, piece), whole) << from;
  }
}

TEST(Resampler, ThereAreAsManySamplesAsTheRatesSay) {
  for (const auto& [from, to] :
       {std::pair{8000U, 48000U}, {48000U, 8000U}, {22050U, 16000U}, {16000U, 24000U}}) {
    const Samples out = resampled(tone(440, from, 1), from, to, 320);
    EXPECT_NEAR(static_cast<double>(out.size()), to, 1) << from << " to " << to;
  }
}

// Against the tone as it would have been recorded at the new rate.
TEST(Resampler, ATonePassesAndKeepsItsPlace) {
  const Samples out = resampled(tone(1000, 22'050, 1), 22'050, 16'000, 441);
  Samples difference = tone(1000, 16'000, 1);
  for (std::size_t i = 0; i < difference.size(); ++i)
    difference[i] = static_cast<std::int16_t>(difference[i] - out[i]);
  const auto middle = std::span(difference).subspan(2000, 12'000);
  EXPECT_LT(loudness(middle), loudness(out) / 1000);  // 60 dB
}

TEST(Resampler, WhatTheLowerRateCannotCarryIsNotFoldedBack) {
  const Samples out = resampled(tone(6000, 16'000, 1), 16'000, 8'000, 320);
  EXPECT_LT(loudness(std::span(out).subspan(1000, 6000)), 10'000 / 1000.0);
}

TEST(Resampler, TheSameRateChangesNothing) {
  const Samples in = tone(440, 16'000, 0.1);
  EXPECT_EQ(resampled(in, 16'000, 16'000, 33), in);
}

TEST(Resampler, ImpossibleRatesAreRefused) {
  for (const auto& [from, to] : {std::pair{0U, 8000U}, {8000U, 0U}, {7999U, 8000U}, {48'001U, 8000U}}) {
    EXPECT_EQ(Resampler::make(from, to).error().kind, ErrorKind::kBadInput);
  }
}

TEST(Resampler, AfterTheEndItBeginsAnew) {
  auto resampler = Resampler::make(8000, 16'000).value();
  const Samples in = tone(440, 8000, 0.2);
  const auto once = [&] {
    Samples out = resampler.feed(in);
    const Samples last = resampler.finish();
    out.insert(out.end(), last.begin(), last.end());
    return out;
  };
  const Samples first = once();
  EXPECT_EQ(once(), first);
}

}  // namespace
}  // namespace tokcast
