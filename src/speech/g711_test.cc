#include "speech/g711.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace tokcast {
namespace {

// ITU-T G.711, table 2a: the quantised values of the positive half, of 14 bits, and the character signals as
// they are sent, of which the table names these.
struct TableRow {
  unsigned code;
  int value;
};
constexpr TableRow kTable2a[] = {{0x80, 8031}, {0x8F, 4191}, {0x9F, 2079}, {0xAF, 1023}, {0xBF, 495},
                                 {0xCF, 231},  {0xDF, 99},   {0xEF, 33},   {0xFE, 2},    {0xFF, 0}};

TEST(G711, DecodesTheTableOfTheRecommendation) {
  for (const auto& [code, value] : kTable2a) {
    EXPECT_EQ(sample_of_mulaw(static_cast<std::uint8_t>(code)), 4 * value) << code;
    EXPECT_EQ(sample_of_mulaw(static_cast<std::uint8_t>(code & 0x7FU)), -4 * value) << code;
  }
}

// Table 2a again: the decision values between which a sample gets a code.
TEST(G711, DecidesWhereTheRecommendationDoes) {
  constexpr TableRow kDecisions[] = {{0xFF, 0},   {0xFE, 1},    {0xFD, 3},    {0xEF, 31},
                                     {0xEE, 35},  {0xDF, 95},   {0xCF, 223},  {0xBF, 479},
                                     {0xAF, 991}, {0x9F, 2015}, {0x8F, 4063}, {0x80, 7903}};
  for (const auto& [code, from] : kDecisions) {
    EXPECT_EQ(mulaw_of(static_cast<std::int16_t>(4 * from)), code) << from;
    if (from == 0) continue;
    EXPECT_EQ(mulaw_of(static_cast<std::int16_t>(4 * from - 1)), code + 1) << from;
  }
}

TEST(G711, EveryCodeSurvivesTheWayThere) {
  for (unsigned code = 0; code < 256; ++code) {
    const std::int16_t sample = sample_of_mulaw(static_cast<std::uint8_t>(code));
    // There are two zeros, and one is enough.
    EXPECT_EQ(mulaw_of(sample), code == 0x7F ? 0xFFU : code);
  }
}

TEST(G711, NoSampleIsOffByMoreThanHalfAStep) {
  for (int sample = -32768; sample <= 32767; ++sample) {
    const int there = sample_of_mulaw(mulaw_of(static_cast<std::int16_t>(sample)));
    const int loud = std::abs(sample);
    EXPECT_LE(std::abs(there - sample), loud > 32124 ? 644 : 8 + loud / 30) << sample;
  }
}

TEST(G711, SamplesAreLittleEndianAndAnOddByteIsDropped) {
  const std::vector<std::int16_t> samples{1, -1, -32768};
  EXPECT_EQ(decode_linear16(std::string("\x01\x00\xff\xff\x00\x80\x07", 7)), samples);
  EXPECT_EQ(decode_linear16(encode_linear16(samples)), samples);
  EXPECT_EQ(decode_mulaw(encode_mulaw(samples)), (std::vector<std::int16_t>{0, 0, -32124}));
}

}  // namespace
}  // namespace tokcast
