#include "speech/end_pointer.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace tokcast {
namespace {

// One letter for each block: '.' nobody speaks, 'B' begins, 's' speaks, 'E' ends.
class Listening {
 public:
  explicit Listening(const EndPointing& options = {}) : pointer_(options) {}

  // Noise of that loudness, around `mean`.
  std::string hear(double loudness, int blocks, double mean = 0) {
    std::normal_distribution<double> noise(mean, loudness);
    std::string out;
    for (int i = 0; i < blocks; ++i) {
      std::array<std::int16_t, kBlockSamples> block{};
      for (std::int16_t& sample : block) sample = static_cast<std::int16_t>(noise(random_));
      out += ".BsE"[static_cast<std::size_t>(pointer_.feed(block))];
    }
    return out;
  }

 private:
  EndPointer pointer_;
  std::mt19937 random_{1};
};

TEST(EndPointer, SpeechBeginsAfterAClicksLengthAndEndsWithQuiet) {
  Listening ear({.silence_ms = 100});
  EXPECT_EQ(ear.hear(10, 5), ".....");
  EXPECT_EQ(ear.hear(3000, 5), "..Bss");
  EXPECT_EQ(ear.hear(10, 6), "ssssE.");
}

TEST(EndPointer, AClickIsNotSpeech) {
  Listening ear;
  EXPECT_EQ(ear.hear(3000, 2), "..");
  EXPECT_EQ(ear.hear(10, 3), "...");
}

TEST(EndPointer, APauseShorterThanAskedForIsPartOfIt) {
  Listening ear({.silence_ms = 600});
  ear.hear(3000, 10);
  EXPECT_EQ(ear.hear(10, 29), std::string(29, 's'));
  EXPECT_EQ(ear.hear(3000, 3), "sss");
  EXPECT_EQ(ear.hear(10, 30), std::string(29, 's') + "E");
}

TEST(EndPointer, ASteadyFanBecomesQuiet) {
  Listening ear({.silence_ms = 100});
  ear.hear(500, 400);
  EXPECT_EQ(ear.hear(500, 5), ".....");
  EXPECT_EQ(ear.hear(5000, 4), "..Bs");
}

TEST(EndPointer, AThresholdThatWasGivenHolds) {
  Listening ear({.threshold = 1000});
  EXPECT_EQ(ear.hear(900, 5), ".....");
  EXPECT_EQ(ear.hear(1100, 4), "..Bs");
}

TEST(EndPointer, AnOffsetOfTheMicrophoneIsNotLoud) {
  Listening ear;
  EXPECT_EQ(ear.hear(10, 5, 8000), ".....");
}

TEST(EndPointer, AnEmptyBlockIsQuiet) {
  EndPointer pointer({});
  EXPECT_EQ(pointer.feed({}), Speaking::kNo);
}

}  // namespace
}  // namespace tokcast
