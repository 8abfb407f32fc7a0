#include "cli/interval_plot.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tokcast {
namespace {

const Terminal kNarrow{.width = 40};

std::vector<PlotRow> rows() {
  return {{.label = "one", .bar = PlotRow::Bar{5, 6, 8}, .dots = {7}, .budget = 10},
          {.label = "another", .dots = {2, 2}}};
}

TEST(IntervalPlot, DrawsBarsDotsAndBudgetsOnOneScale) {
  EXPECT_EQ(interval_plot(rows(), "s", false, kNarrow),
            "one                     ---+--o---     |\n"
            "another        o\n"
            "         0                        10.0 s\n"
            "-- promised  + expected  o actual  | budget\n");
}

TEST(IntervalPlot, UsesBlocksWhereTheLocaleHasThem) {
  const std::string plot = interval_plot(rows(), "s", true, kNarrow);
  for (const char* mark : {"▒", "█", "●", "┃"}) EXPECT_NE(plot.find(mark), std::string::npos) << mark;
}

TEST(IntervalPlot, IsPlainAsciiWithoutUnicode) {
  for (const char c : interval_plot(rows(), "s", false, kNarrow))
    EXPECT_LT(static_cast<unsigned char>(c), 128);
}

TEST(IntervalPlot, HasNoLineWiderThanTheTerminal) {
  std::vector<PlotRow> all = rows();
  all[0].label = std::string(60, 'x');
  for (const std::size_t width : {40U, 80U, 300U}) {
    const std::string plot = interval_plot(all, "s", false, {.width = width});
    std::size_t line = 0;
    for (const char c : plot) {
      const bool begins = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
      line = c == '\n' ? 0 : line + (begins ? 1 : 0);
      EXPECT_LE(line, std::max<std::size_t>(width, 43)) << plot;  // the legend is as wide as it is
    }
  }
}

TEST(IntervalPlot, CutsBarsFarBeyondTheBudgetAndSaysSo) {
  const std::vector<PlotRow> all{
      {.label = "near", .bar = PlotRow::Bar{8, 11, 30}, .budget = 10, .value = "8-30 s"},
      {.label = "far", .bar = PlotRow::Bar{100, 120, 140}, .value = "100-140 s"}};
  EXPECT_EQ(interval_plot(all, "s", false, {.width = 48}),
            "near              ---|+------------->  8-30 s\n"
            "far                                 >  100-140 s\n"
            "      0                        20.0 s\n"
            "-- promised  + expected  | budget  > beyond the scale\n");
}

TEST(IntervalPlot, ShowsWhatHappenedHoweverLate) {
  const std::vector<PlotRow> late{{.label = "x", .bar = PlotRow::Bar{1, 2, 3}, .dots = {100}, .budget = 2}};
  const std::string plot = interval_plot(late, "s", false, kNarrow);
  EXPECT_NE(plot.find("100 s"), std::string::npos) << plot;
  EXPECT_EQ(plot.find("beyond"), std::string::npos) << plot;
}

TEST(IntervalPlot, AsksTheFirstOfTheLocalesThatIsSet) {
  EXPECT_TRUE(locale_is_unicode({nullptr, nullptr, "en_US.UTF-8"}));
  EXPECT_FALSE(locale_is_unicode({"C", nullptr, "en_US.UTF-8"})) << "LC_ALL wins";
  EXPECT_FALSE(locale_is_unicode({nullptr, "", nullptr}));
}

TEST(IntervalPlot, DrawsNothingOfNothing) {
  EXPECT_EQ(interval_plot({}, "s", true, kNarrow), "");
  const std::vector<PlotRow> empty{{.label = "x"}};
  EXPECT_EQ(interval_plot(empty, "s", true, kNarrow), "");
  const std::vector<PlotRow> endless{{.label = "x", .dots = {INFINITY}}};
  EXPECT_EQ(interval_plot(endless, "s", true, kNarrow), "");
}

TEST(IntervalPlot, LeavesDotsWithoutColourWhereThereIsNone) {
  EXPECT_EQ(interval_plot(rows(), "s", false, kNarrow).find('\x1b'), std::string::npos);
  EXPECT_NE(interval_plot(rows(), "s", false, {.colour = true, .width = 40}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace tokcast
