#include "cli/interval_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::size_t kNarrowestField = 20;
constexpr std::size_t kWidestField = 100;

struct Marks {
  std::string_view bar;
  std::string_view expected;
  std::string_view dot;
  std::string_view budget;
};

constexpr Marks kBlocks{"▒", "█", "●", "┃"};
constexpr Marks kAscii{"-", "+", "o", "|"};

double largest(std::span<const PlotRow> rows) {
  double most = 0;
  for (const PlotRow& row : rows) {
    if (row.bar) most = std::max(most, row.bar->high);
    if (row.budget) most = std::max(most, *row.budget);
    for (const double dot : row.dots) most = std::max(most, dot);
  }
  return most;
}

std::size_t label_width(std::span<const PlotRow> rows, std::size_t whole) {
  std::size_t width = 0;
  for (const PlotRow& row : rows) width = std::max(width, display_width(row.label));
  return std::min(width, whole / 3);
}

// One line's characters, each with its colour. Later marks lie on top.
class Line {
 public:
  Line(std::size_t width, double scale) : cells_(width, Cell{" ", Colour::kPlain}), scale_(scale) {}

  void put(double value, std::string_view mark, Colour colour) { cells_[column(value)] = {mark, colour}; }
  void fill(double from, double to, std::string_view mark, Colour colour) {
    for (std::size_t i = column(from); i <= column(to); ++i) cells_[i] = {mark, colour};
  }
  std::string text(bool colours) const {
    std::size_t used = cells_.size();
    while (used > 0 && cells_[used - 1].mark == " ") --used;
    std::string out;
    for (std::size_t i = 0; i < used; ++i) out += coloured(cells_[i].mark, cells_[i].colour, colours);
    return out;
  }

 private:
  struct Cell {
    std::string_view mark;
    Colour colour;
  };
  std::size_t column(double value) const {
    const double at = std::floor(std::max(value, 0.0) * scale_);
    return std::min(static_cast<std::size_t>(at), cells_.size() - 1);
  }

  std::vector<Cell> cells_;
  double scale_;
};

std::string drawn(const PlotRow& row, const Marks& marks, std::size_t width, double most, bool colours) {
  Line line(width, static_cast<double>(width - 1) / most);
  if (row.bar) {
    line.fill(row.bar->low, row.bar->high, marks.bar, Colour::kDim);
    line.put(row.bar->expected, marks.expected, Colour::kPlain);
  }
  if (row.budget) line.put(*row.budget, marks.budget, Colour::kBold);
  for (const double dot : row.dots) line.put(dot, marks.dot, row.colour);
  return line.text(colours);
}

std::string scale_line(std::size_t indent, std::size_t width, double most, const std::string& unit) {
  const std::string right = fmt::format("{} {}", format_number(most), unit);
  return fmt::format("{}0{:>{}}\n", std::string(indent, ' '), right, width - 1);
}

std::string legend(std::span<const PlotRow> rows, const Marks& marks) {
  const bool bars = std::ranges::any_of(rows, [](const PlotRow& row) { return row.bar.has_value(); });
  const bool dots = std::ranges::any_of(rows, [](const PlotRow& row) { return !row.dots.empty(); });
  const bool budgets = std::ranges::any_of(rows, [](const PlotRow& row) { return row.budget.has_value(); });
  std::string out;
  if (bars) out += fmt::format("{0}{0} promised  {1} expected  ", marks.bar, marks.expected);
  if (dots) out += fmt::format("{} actual  ", marks.dot);
  if (budgets) out += fmt::format("{} budget  ", marks.budget);
  return std::string(trim(out)) + "\n";
}

}  // namespace

bool locale_is_unicode() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string locale = lower(value);
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

std::string interval_plot(std::span<const PlotRow> rows, const std::string& unit, bool unicode,
                          const Terminal& terminal) {
  const double most = largest(rows);
  if (rows.empty() || most <= 0 || !std::isfinite(most)) return "";
  const Marks& marks = unicode ? kBlocks : kAscii;
  const std::size_t labels = label_width(rows, terminal.width);
  const std::size_t indent = labels + 2;
  const std::size_t width =
      std::clamp(terminal.width > indent ? terminal.width - indent : 0, kNarrowestField, kWidestField);
  std::string out;
  for (const PlotRow& row : rows) {
    const std::string label = shortened(row.label, labels);
    const std::string field = drawn(row, marks, width, most, terminal.colour);
    out += label + (field.empty() ? "" : std::string(indent - display_width(label), ' ') + field) + "\n";
  }
  return out + scale_line(indent, width, most, unit) + legend(rows, marks);
}

}  // namespace tokcast
