#include "cli/interval_plot.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace tokcast {
namespace {

const IntervalBar kBars[] = {
    {"small", 2, 3, 4, "2-4 s"},
    {"a model with a very long name, longer than its column may be", 8, 11, 30, "8-30 s"},
    {"far", 100, 120, 140, "100-140 s"}};

TEST(IntervalPlot, IsPlainWithoutUnicodeAndFitsEightyColumns) {
  const std::string plot = interval_plot(kBars, 10, "s", {.width = 80}, false);
  EXPECT_TRUE(std::ranges::all_of(plot, [](unsigned char c) { return c < 128; })) << plot;
  for (const std::string_view line : split(plot, '\n')) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_NE(plot.find("0 to 20.0 s, : at 10.0 s"), std::string::npos) << plot;
}

TEST(IntervalPlot, CutsWhatIsBeyondTheScaleAndSaysSo) {
  const std::string plot = interval_plot(kBars, 10, "s", {.width = 80}, false);
  const auto lines = split(plot, '\n');
  EXPECT_NE(lines[1].find("-->"), std::string::npos) << plot;
  EXPECT_NE(lines[2].find(">  100-140 s"), std::string::npos) << plot;
}

TEST(IntervalPlot, PutsTheLimitWhereItIs) {
  const std::string plot = interval_plot(std::span(kBars).first(1), 8, "s", {.width = 40}, false);
  EXPECT_EQ(split(plot, '\n')[0], "small       [-o--]         :       2-4 s") << plot;
}

TEST(IntervalPlot, SpeaksUnicodeWhereTheLocaleDoes) {
  EXPECT_TRUE(speaks_unicode(nullptr, nullptr, "en_US.UTF-8"));
  EXPECT_FALSE(speaks_unicode("C", nullptr, "en_US.UTF-8")) << "LC_ALL wins";
  EXPECT_FALSE(speaks_unicode(nullptr, "", nullptr));
  const std::string plot = interval_plot(kBars, 10, "s", {.width = 80}, true);
  EXPECT_NE(plot.find("●"), std::string::npos);
  for (const std::string_view line : split(plot, '\n')) EXPECT_LE(display_width(line), 80U) << line;
}

TEST(IntervalPlot, OfNothingIsNothing) {
  EXPECT_EQ(interval_plot({}, 10, "s", {.width = 80}, true), "");
}

}  // namespace
}  // namespace tokcast
