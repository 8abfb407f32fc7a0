#include "base/text.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

TEST(Text, TakesEscapeSequencesOutOfWhatStrangersWrote) {
  EXPECT_EQ(printable("evil\x1b[2Jname"), "evil?[2Jname");
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a?b");  // right-to-left override
  EXPECT_EQ(printable("line\nbreak\r"), "line?break?");
}

TEST(Text, KeepsOrdinaryUnicodeAndReplacesInvalidUtf8) {
  EXPECT_EQ(printable("Mädchen 模型"), "Mädchen 模型");
  EXPECT_EQ(printable("\xc0\xaf"), "?");
  EXPECT_EQ(printable("\xed\xa0\x80x"), "?x");
  EXPECT_EQ(printable("cut\xe6\xa8"), "cut?");
}

TEST(Text, FormatsBytesInDecimalUnits) {
  EXPECT_EQ(format_bytes(Bytes(512)), "512 B");
  EXPECT_EQ(format_bytes(Bytes(4'080'000'000)), "4.1 GB");
  EXPECT_EQ(format_bytes(Bytes(668'000'000)), "668 MB");
  EXPECT_EQ(format_bytes(Bytes(999'999)), "1.0 MB");
}

TEST(Text, FormatsSecondsForPeople) {
  EXPECT_EQ(format_seconds(Seconds(0.0412)), "0.041 s");
  EXPECT_EQ(format_seconds(Seconds(8.234)), "8.23 s");
  EXPECT_EQ(format_seconds(Seconds(135)), "135 s");
  EXPECT_EQ(format_seconds(Seconds(7200)), "120 min");
}

TEST(Text, ParsesOnlyWholeNumbers) {
  EXPECT_EQ(parse_uint("42"), 42U);
  for (const char* bad : {"", "-1", "4x", " 4", "99999999999999999999"})
    EXPECT_EQ(parse_uint(bad), std::nullopt);
  EXPECT_EQ(parse_double("2.5"), 2.5);
  EXPECT_EQ(parse_double("nan"), std::nullopt);
}

TEST(Text, SuggestsTheNearestWordOnlyIfItIsNear) {
  const std::vector<std::string> words{"recommend", "rehearse", "forecast"};
  EXPECT_EQ(nearest_word("recomend", words), "recommend");
  EXPECT_EQ(nearest_word("Forcast", words), "forecast");
  EXPECT_EQ(nearest_word("download", words), std::nullopt);
}

TEST(Text, SplitsAndTrims) {
  EXPECT_EQ(split("a,,b", ',').size(), 3U);
  EXPECT_EQ(trim("  x \n"), "x");
  EXPECT_EQ(trim("   "), "");
}

}  // namespace
}  // namespace tokcast
