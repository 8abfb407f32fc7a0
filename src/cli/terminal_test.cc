#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

bool colours(const TerminalVariables& variables, bool is_terminal) {
  return describe_terminal(variables, is_terminal, 80).colour;
}

TEST(Terminal, HasColourOnlyWhereItIsOne) {
  EXPECT_TRUE(colours({.term = "xterm"}, true));
  EXPECT_FALSE(colours({.term = "xterm"}, false));
  EXPECT_FALSE(colours({.term = "dumb"}, true));
}

TEST(Terminal, HonoursNoColorOnlyIfItIsNotEmpty) {
  EXPECT_FALSE(colours({.no_color = "1", .term = "xterm"}, true));
  EXPECT_TRUE(colours({.no_color = "", .term = "xterm"}, true));
}

TEST(Terminal, CanBeForcedToColourButNotAgainstNoColor) {
  EXPECT_TRUE(colours({.force_color = "1"}, false));
  EXPECT_FALSE(colours({.force_color = "0"}, false));
  EXPECT_FALSE(colours({.no_color = "1", .force_color = "1"}, false));
}

TEST(Terminal, RewritesLinesEvenWithoutColourButNotIfDumb) {
  EXPECT_TRUE(describe_terminal({.no_color = "1", .term = "xterm"}, true, 80).rewrites_lines);
  EXPECT_FALSE(describe_terminal({.term = "dumb"}, true, 80).rewrites_lines);
  EXPECT_FALSE(describe_terminal({.force_color = "1"}, false, 80).rewrites_lines);
}

TEST(Terminal, TakesItsWidthFromColumnsThenFromTheTerminal) {
  EXPECT_EQ(describe_terminal({.columns = "100"}, true, 80).width, 100);
  EXPECT_EQ(describe_terminal({.columns = "wide"}, true, 93).width, 93);
  EXPECT_EQ(describe_terminal({.columns = "0"}, true, 93).width, 93);
  EXPECT_EQ(describe_terminal({}, true, std::nullopt).width, 80);
}

TEST(Terminal, IsNeverNarrowerThanAnythingCanBeShownIn) {
  EXPECT_EQ(describe_terminal({.columns = "1"}, true, 80).width, 40);
}

TEST(Terminal, PaintsOnlyIfEnabled) {
  EXPECT_EQ(coloured("keeps", Colour::kGreen, true), "\x1b[32mkeeps\x1b[0m");
  EXPECT_EQ(coloured("keeps", Colour::kGreen, false), "keeps");
  EXPECT_EQ(coloured("keeps", Colour::kPlain, true), "keeps");
}

TEST(DisplayWidth, CountsCodePoints) {
  EXPECT_EQ(display_width("5.1–6.0"), 7);
  EXPECT_EQ(display_width(""), 0);
}

TEST(Shortened, EndsInAnEllipsisAndNeverInsideACharacter) {
  EXPECT_EQ(shortened("5.1–6.0", 7), "5.1–6.0");
  EXPECT_EQ(shortened("5.1–6.0", 5), "5.1–…");
  EXPECT_EQ(shortened("5.1–6.0", 1), "…");
  EXPECT_EQ(shortened("5.1", 0), "");
}

TEST(Wrapped, BreaksAtSpacesAndIndents) {
  EXPECT_EQ(wrapped("one two three", 7), "one two\nthree");
  EXPECT_EQ(wrapped("one two three", 7, 2), "one two\n  three");
  EXPECT_EQ(wrapped("one two", 9, 4, 4), "one\n    two");
}

TEST(Wrapped, LeavesALongWordWhole) {
  EXPECT_EQ(wrapped("a 0123456789 b", 5), "a\n0123456789\nb");
}

}  // namespace
}  // namespace tokcast
