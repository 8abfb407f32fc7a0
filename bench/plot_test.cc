#include "bench/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string_view>

namespace tokcast {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

ScatterPlot two_classes() {
  return {.title = "Decode",
          .quantity = "decode",
          .unit = "tokens/s",
          .series = {{"CPU", {{1, 1}, {2, 3}}}, {"NVIDIA", {{100, 90}}}}};
}

ErrorPlot two_tools() {
  return {.title = "Errors",
          .bars = {{.name = "peer", .median = 60, .ninetieth = 200, .count = 17},
                   {.name = "tokcast", .median = 15, .ninetieth = 40, .count = 17, .ours = true}}};
}

// Every element that is opened is closed, in order.
void expect_well_formed(std::string_view svg) {
  std::vector<std::string_view> open;
  for (std::size_t at = svg.find('<'); at != svg.npos; at = svg.find('<', at + 1)) {
    const std::size_t end = svg.find('>', at);
    ASSERT_NE(end, svg.npos);
    const std::string_view tag = svg.substr(at + 1, end - at - 1);
    if (tag.ends_with('/')) continue;
    if (!tag.starts_with('/')) {
      open.push_back(tag.substr(0, tag.find(' ')));
      continue;
    }
    ASSERT_FALSE(open.empty()) << tag;
    EXPECT_EQ(open.back(), tag.substr(1));
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

TEST(Plot, IsWellFormedWhateverItHolds) {
  expect_well_formed(scatter_svg(two_classes()));
  expect_well_formed(scatter_svg({}));
  expect_well_formed(scatter_svg({.title = "</svg><script>", .quantity = "\"&'", .series = {{"<g", {}}}}));
  expect_well_formed(error_bars_svg(two_tools()));
  expect_well_formed(error_bars_svg({}));
}

TEST(Plot, IsTheSameBytesForTheSameData) {
  EXPECT_EQ(scatter_svg(two_classes()), scatter_svg(two_classes()));
  EXPECT_EQ(error_bars_svg(two_tools()), error_bars_svg(two_tools()));
}

TEST(Plot, EscapesText) {
  const std::string svg = scatter_svg({.title = "a<b & \"c\"\x1b[31m", .series = {{"x>y", {{1, 1}}}}});
  EXPECT_THAT(svg, HasSubstr("a&lt;b &amp; &quot;c&quot;"));
  EXPECT_THAT(svg, HasSubstr("x&gt;y"));
  EXPECT_THAT(svg, Not(HasSubstr("\x1b")));
}

TEST(Plot, BringsItsBackgroundAndFollowsADarkPage) {
  for (const std::string& svg : {scatter_svg(two_classes()), error_bars_svg(two_tools())}) {
    EXPECT_THAT(svg, HasSubstr("<rect class=\"page\""));
    EXPECT_THAT(svg, HasSubstr("prefers-color-scheme:dark"));
  }
}

TEST(ScatterPlot, HasADotForEachPointAndEachClass) {
  EXPECT_EQ(count(scatter_svg(two_classes()), "<circle"), 3U + 2U);
}

TEST(ScatterPlot, PutsAPerfectForecastOnTheDiagonal) {
  // The axes run from 1 to 100; the square from 76 to 516 across and from 484 up to 44.
  const std::string svg = scatter_svg({.series = {{"", {{1, 1}, {10, 10}, {100, 100}}}}});
  EXPECT_THAT(svg, HasSubstr("<circle cx=\"76.0\" cy=\"484.0\""));
  EXPECT_THAT(svg, HasSubstr("<circle cx=\"296.0\" cy=\"264.0\""));
  EXPECT_THAT(svg, HasSubstr("<circle cx=\"516.0\" cy=\"44.0\""));
}

TEST(ScatterPlot, DrawsWhatIsTooHighAboveTheDiagonal) {
  const std::string svg = scatter_svg({.series = {{"", {{1, 1}, {10, 100}, {100, 100}}}}});
  EXPECT_THAT(svg, HasSubstr("<circle cx=\"296.0\" cy=\"44.0\""));
}

TEST(ScatterPlot, BandHoldsThirtyPercent) {
  // 440 pixels for a factor of 100: 1.3 is 25.1 up, 0.7 is 34.1 down.
  EXPECT_THAT(scatter_svg({.series = {{"", {{1, 1}, {100, 100}}}}}),
              HasSubstr("points=\"76,458.9 516,18.9 516,78.1 76,518.1\""));
}

TEST(ScatterPlot, NamesItsUnitsOnBothAxes) {
  const std::string svg = scatter_svg(two_classes());
  EXPECT_THAT(svg, HasSubstr(">measured decode (tokens/s)<"));
  EXPECT_THAT(svg, HasSubstr(">forecast decode (tokens/s)<"));
}

TEST(ScatterPlot, LeavesOutWhatALogarithmCannotShowAndSaysSo) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const double endless = std::numeric_limits<double>::infinity();
  const std::string svg =
      scatter_svg({.series = {{"CPU", {{1, 1}, {0, 1}, {1, -2}, {none, 1}, {1, endless}, {1, 5e-324}}}}});
  EXPECT_THAT(svg, HasSubstr(">CPU (1)<"));
  EXPECT_THAT(svg, HasSubstr(">5 not shown<"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(ScatterPlot, ThinsItsTicksOverManyDecades) {
  const std::string narrow = scatter_svg({.series = {{"", {{1, 100}}}}});
  const std::string wide = scatter_svg({.series = {{"", {{1e-3, 1e5}}}}});
  EXPECT_THAT(narrow, HasSubstr(">50<"));
  EXPECT_THAT(wide, Not(HasSubstr(">50<")));
  EXPECT_THAT(wide, HasSubstr(">100<"));
}

TEST(ErrorPlot, StatesTheFiguresBesideEachBar) {
  const std::string svg = error_bars_svg(two_tools());
  EXPECT_THAT(svg, HasSubstr(">60 / 200 % (n=17)<"));
  EXPECT_THAT(svg, HasSubstr(">15 / 40 % (n=17)<"));
  EXPECT_THAT(svg, HasSubstr(">error (%)"));
}

TEST(ErrorPlot, SpansItsAxisFromTheLeastToTheMost) {
  // From 10 to 200: 60 lies at 200 + 380 x log(6) / log(20), 200 at the end.
  EXPECT_THAT(error_bars_svg(two_tools()), HasSubstr("M427.3 57.0H580.0"));
}

TEST(ErrorPlot, GivesOurOwnBarsAnotherColour) {
  EXPECT_EQ(count(error_bars_svg(two_tools()), "fill=\"#0072b2\""), 1U);
  EXPECT_EQ(count(error_bars_svg(two_tools()), "fill=\"#d55e00\""), 1U);
}

TEST(ErrorPlot, SaysWhereThereAreNoFigures) {
  EXPECT_THAT(error_bars_svg({.bars = {{.name = "silent"}}}), HasSubstr(">no figures<"));
}

}  // namespace
}  // namespace tokcast
