#include "cli/table.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace tokcast {
namespace {

Terminal plain(std::size_t width) {
  return {.colour = false, .rewrites_lines = false, .width = width};
}

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  for (const std::string_view line : split(text, '\n')) widest = std::max(widest, display_width(line));
  return widest;
}

TEST(Table, AlignsColumns) {
  const std::string table =
      format_table({{"model"}, {"turn", true}}, {{{"a"}, {"5.1–6.0"}}, {{"long one"}, {"9"}}}, plain(80));
  EXPECT_EQ(table,
            "model        turn\n"
            "a         5.1–6.0\n"
            "long one        9\n");
}

TEST(Table, DropsColumnsInTheirOrderUntilItFits) {
  const std::vector<Column> columns{{"model"}, {"second", false, 2}, {"first", false, 1}};
  const std::vector<std::vector<Cell>> rows{{{"a"}, {"b"}, {"c"}}};
  EXPECT_EQ(format_table(columns, rows, plain(20)), "model  second  first\na      b       c\n");
  EXPECT_EQ(format_table(columns, rows, plain(19)), "model  second\na      b\n");
  EXPECT_EQ(format_table(columns, rows, plain(12)), "model\na\n");
}

TEST(Table, ShortensWhatMustStay) {
  const std::string table =
      format_table({{"model"}, {"verdict"}}, {{{std::string(100, 'x')}, {"keeps"}}}, plain(40));
  EXPECT_EQ(widest_line(table), 40);
  EXPECT_NE(table.find("…  keeps"), std::string::npos);
}

TEST(Table, CountsNoColumnsForColours) {
  Terminal terminal = plain(80);
  terminal.colour = true;
  const std::string table = format_table({{"v"}, {"w"}}, {{{"yes", Colour::kGreen}, {"x"}}}, terminal);
  EXPECT_EQ(table, "\x1b[1mv\x1b[0m    \x1b[1mw\x1b[0m\n\x1b[32myes\x1b[0m  x\n");
}

TEST(Definitions, BreakTheirValuesUnderThemselves) {
  EXPECT_EQ(format_definitions({{"Model", "a"}, {"Note", "bb cc"}}, plain(20)),
            "  Model          a\n"
            "  Note           bb\n"
            "                 cc\n");
}

TEST(Definitions, ShowNoControlCharacters) {
  EXPECT_EQ(format_definitions({{"Model", "a\x1b[2Jb"}}, plain(80)), "  Model          a?[2Jb\n");
}

}  // namespace
}  // namespace tokcast
