#include "speech/utterance_recogniser.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "speech/transcriber.h"

namespace tokcast {
namespace {

// Says how many tenths of a second it was fed.
class CountingDecoder : public UtteranceDecoder {
 public:
  Result<void> begin(const std::vector<float>& line) override {
    fed_ = 0;
    line_ = line;
    return {};
  }
  Result<void> feed(std::span<const std::int16_t> samples) override {
    fed_ += samples.size();
    return {};
  }
  std::string text_so_far() override { return std::to_string(fed_ / (kDecoderRate / 10)); }
  Result<DecodedUtterance> end() override { return DecodedUtterance{text_so_far(), 0.5}; }
  std::vector<float> line() const override {
    std::vector<float> out = line_;
    out.push_back(1);
    return out;
  }

 private:
  std::size_t fed_ = 0;
  std::vector<float> line_{};
};

std::shared_ptr<DecoderPool> pool_of(std::size_t most, int* loads = nullptr) {
  return DecoderPool::make(
      [loads]() -> Result<std::unique_ptr<UtteranceDecoder>> {
        if (loads != nullptr) ++*loads;
        return std::make_unique<CountingDecoder>();
      },
      most);
}

std::vector<std::int16_t> noise(double loudness, double seconds, std::uint32_t rate = kDecoderRate) {
  std::mt19937 random{1};
  std::normal_distribution<double> sample(0, loudness);
  std::vector<std::int16_t> out(static_cast<std::size_t>(seconds * rate));
  for (std::int16_t& s : out) s = static_cast<std::int16_t>(sample(random));
  return out;
}

std::unique_ptr<Recogniser> recogniser(const std::shared_ptr<DecoderPool>& pool,
                                       std::uint32_t rate = kDecoderRate) {
  return make_utterance_recogniser({.rate = rate, .silence_ms = 200}, pool).value();
}

TEST(UtteranceRecogniser, TellsWhatItHearsAndThenTheWhole) {
  const auto ear = recogniser(pool_of(1));
  EXPECT_TRUE(ear->feed(noise(10, 1)).value().empty());
  const auto partial = ear->feed(noise(3000, 0.5)).value();
  ASSERT_EQ(partial.size(), 1U);
  EXPECT_FALSE(partial[0].is_final);
  EXPECT_EQ(partial[0].text, "7");  // with what came just before it
  const auto final = ear->feed(noise(10, 0.5)).value();
  ASSERT_EQ(final.size(), 1U);
  EXPECT_TRUE(final[0].is_final);
  EXPECT_EQ(final[0].text, "9");
  EXPECT_EQ(final[0].confidence, 0.5);
  EXPECT_NEAR(final[0].begin.value, 1, 0.05);
  EXPECT_NEAR(final[0].end.value, 1.7, 0.05);
}

TEST(UtteranceRecogniser, TheEndOfTheSoundEndsIt) {
  const auto ear = recogniser(pool_of(1), 8000);
  ear->feed(noise(3000, 0.5, 8000)).value();
  const auto final = ear->finish().value();
  EXPECT_TRUE(final.is_final);
  EXPECT_EQ(final.text, "5");
  EXPECT_EQ(ear->finish().value().text, "");
}

TEST(UtteranceRecogniser, OneAfterTheOtherAreTwo) {
  const auto ear = recogniser(pool_of(1));
  auto sound = noise(3000, 0.5);
  const auto quiet = noise(10, 0.5);
  sound.insert(sound.end(), quiet.begin(), quiet.end());
  const auto twice = [&] {
    auto out = sound;
    out.insert(out.end(), sound.begin(), sound.end());
    return out;
  }();
  EXPECT_EQ(ear->feed(twice).value().size(), 2U);
}

TEST(UtteranceRecogniser, EndlessNoiseIsCutAfterAMinute) {
  const auto ear = make_utterance_recogniser({.energy_threshold = 100}, pool_of(1)).value();
  int finals = 0;
  for (int i = 0; i < 65; ++i) {
    const auto heard = ear->feed(noise(3000, 1)).value();
    for (const Recognised& one : heard) finals += one.is_final ? 1 : 0;
  }
  EXPECT_EQ(finals, 1);
}

TEST(UtteranceRecogniser, WaitsForADecoderUntilTheEndAndThenSaysSo) {
  const auto pool = pool_of(1);
  auto first = recogniser(pool);
  const auto second = recogniser(pool);
  ASSERT_EQ(first->feed(noise(3000, 0.5)).value().size(), 1U);
  EXPECT_TRUE(second->feed(noise(3000, 0.5)).value().empty());
  EXPECT_EQ(second->finish().error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(second->feed(noise(3000, 0.5)).value().empty());
  first.reset();
  EXPECT_EQ(second->finish().value().text, "5");  // nothing of it is lost
}

TEST(DecoderPool, LendsNoMoreThanItMayAndWhatComesBackAgain) {
  int loads = 0;
  const auto pool = pool_of(2, &loads);
  auto one = pool->borrow().value();
  const auto two = pool->borrow().value();
  EXPECT_EQ(pool->borrow().value(), nullptr);
  const UtteranceDecoder* was = one.get();
  one.reset();
  EXPECT_EQ(pool->borrow().value().get(), was);
  EXPECT_EQ(loads, 2);
}

TEST(DecoderPool, WhatCannotBeLoadedIsTriedAgain) {
  int loads = 0;
  const auto pool = DecoderPool::make(
      [&]() -> Result<std::unique_ptr<UtteranceDecoder>> {
        if (++loads == 1) return fail(ErrorKind::kEngineFailed, "no");
        return std::make_unique<CountingDecoder>();
      },
      1);
  EXPECT_FALSE(pool->borrow());
  EXPECT_TRUE(pool->borrow().value());
}

// Says how many tenths of a second it was handed, or that it cannot.
class CountingTranscriber : public Transcriber {
 public:
  SpeechBackend backend() const override { return {.kind = "stt", .name = "counting"}; }
  Result<std::string> transcribe(std::span<const std::int16_t> samples) override {
    ++calls;
    if (!is_here) return fail(ErrorKind::kNetwork, "gone");
    return std::to_string(samples.size() / (kDecoderRate / 10));
  }
  bool is_here = true;
  int calls = 0;
};

std::unique_ptr<Recogniser> recogniser_by(const std::shared_ptr<Transcriber>& transcriber,
                                          std::uint32_t rate) {
  const auto pool = DecoderPool::make([transcriber] { return make_gathering_decoder(transcriber); }, 1);
  return make_utterance_recogniser({.rate = rate, .silence_ms = 200}, pool, NarrowSound::kAsItIs).value();
}

TEST(GatheringDecoder, HandsOverEachUtteranceOnceAsItIs) {
  const auto transcriber = std::make_shared<CountingTranscriber>();
  const auto ear = recogniser_by(transcriber, 8000);
  for (int i = 1; i <= 2; ++i) {
    const auto partials = ear->feed(noise(3000, 0.5, 8000)).value();
    for (const Recognised& partial : partials) EXPECT_EQ(partial.text, "");
    const auto final = ear->feed(noise(10, 0.5, 8000)).value();
    ASSERT_EQ(final.size(), 1U);
    EXPECT_EQ(final[0].text, i == 1 ? "7" : "9");  // the second one with the quiet before it
    EXPECT_EQ(transcriber->calls, i);
  }
}

TEST(GatheringDecoder, GivesUpTheUtteranceAndNotTheStream) {
  const auto transcriber = std::make_shared<CountingTranscriber>();
  const auto ear = recogniser_by(transcriber, kDecoderRate);
  transcriber->is_here = false;
  ear->feed(noise(3000, 0.5)).value();
  EXPECT_EQ(ear->finish().error().kind, ErrorKind::kNetwork);
  transcriber->is_here = true;
  ear->feed(noise(3000, 0.5)).value();
  EXPECT_EQ(ear->finish().value().text, "5");
}

TEST(UtteranceRecogniser, ImpossibleRatesAreRefused) {
  EXPECT_FALSE(make_utterance_recogniser({.rate = 7}, pool_of(1)));
}

}  // namespace
}  // namespace tokcast
