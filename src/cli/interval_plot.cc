#include "cli/interval_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>

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
  std::string_view beyond;
};

constexpr Marks kBlocks{"▒", "█", "●", "┃", "▶"};
constexpr Marks kAscii{"-", "+", "o", "|", ">"};

// Where bars are far longer than any budget, what is near the budgets would be too small to see.
double end_of_scale(std::span<const PlotRow> rows) {
  double bars = 0;
  double others = 0;
  double budgets = 0;
  for (const PlotRow& row : rows) {
    if (row.bar) bars = std::max(bars, row.bar->high);
    if (row.budget) budgets = std::max(budgets, *row.budget);
    for (const double dot : row.dots) others = std::max(others, dot);
  }
  if (budgets > 0) bars = std::min(bars, 2 * budgets);
  return std::max({bars, others, budgets});
}

bool is_beyond(const PlotRow& row, double most) {
  return row.bar && row.bar->high > most;
}

std::size_t label_width(std::span<const PlotRow> rows, std::size_t whole) {
  std::size_t width = 0;
  for (const PlotRow& row : rows) width = std::max(width, display_width(row.label));
  return std::min(width, whole / 3);
}

struct Drawn {
  std::string text;
  std::size_t columns = 0;
};

// One line's characters, each with its colour. Later marks lie on top.
class Line {
 public:
  Line(std::size_t width, double scale) : cells_(width, Cell{" ", Colour::kPlain}), scale_(scale) {}

  void put(double value, std::string_view mark, Colour colour) { cells_[column(value)] = {mark, colour}; }
  void fill(double from, double to, std::string_view mark, Colour colour) {
    for (std::size_t i = column(from); i <= column(to); ++i) cells_[i] = {mark, colour};
  }
  Drawn text(bool colours) const {
    std::size_t used = cells_.size();
    while (used > 0 && cells_[used - 1].mark == " ") --used;
    std::string out;
    for (std::size_t i = 0; i < used; ++i) out += coloured(cells_[i].mark, cells_[i].colour, colours);
    return {std::move(out), used};
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

Drawn drawn(const PlotRow& row, const Marks& marks, std::size_t width, double most, bool colours) {
  Line line(width, static_cast<double>(width - 1) / most);
  const bool own_colour = row.dots.empty() && row.colour != Colour::kPlain;
  if (row.bar) {
    line.fill(row.bar->low, row.bar->high, marks.bar, own_colour ? row.colour : Colour::kDim);
    if (is_beyond(row, most)) line.put(most, marks.beyond, own_colour ? row.colour : Colour::kDim);
    if (row.bar->expected <= most)
      line.put(row.bar->expected, marks.expected, own_colour ? row.colour : Colour::kPlain);
  }
  if (row.budget) line.put(*row.budget, marks.budget, Colour::kBold);
  for (const double dot : row.dots) line.put(dot, marks.dot, row.colour);
  return line.text(colours);
}

std::string scale_line(std::size_t indent, std::size_t width, double most, const std::string& unit) {
  const std::string right = fmt::format("{} {}", format_number(most), unit);
  return fmt::format("{}0{:>{}}\n", std::string(indent, ' '), right, width - 1);
}

std::string legend(std::span<const PlotRow> rows, const Marks& marks, double most) {
  const bool bars = std::ranges::any_of(rows, [](const PlotRow& row) { return row.bar.has_value(); });
  const bool dots = std::ranges::any_of(rows, [](const PlotRow& row) { return !row.dots.empty(); });
  const bool budgets = std::ranges::any_of(rows, [](const PlotRow& row) { return row.budget.has_value(); });
  std::string out;
  if (bars) out += fmt::format("{0}{0} promised  {1} expected  ", marks.bar, marks.expected);
  if (dots) out += fmt::format("{} actual  ", marks.dot);
  if (budgets) out += fmt::format("{} budget  ", marks.budget);
  const bool cut = std::ranges::any_of(rows, [most](const PlotRow& row) { return is_beyond(row, most); });
  if (cut) out += fmt::format("{} beyond the scale", marks.beyond);
  return std::string(trim(out)) + "\n";
}

std::size_t value_width(std::span<const PlotRow> rows) {
  std::size_t width = 0;
  for (const PlotRow& row : rows) width = std::max(width, display_width(row.value));
  return width;
}

// A label cut without the sign for it where there is none.
std::string cut_label(const std::string& label, std::size_t width, bool unicode) {
  if (display_width(label) <= width) return label;
  return unicode ? shortened(label, width) : label.substr(0, width);
}

}  // namespace

bool locale_is_unicode() {
  return locale_is_unicode({std::getenv("LC_ALL"), std::getenv("LC_CTYPE"), std::getenv("LANG")});
}

bool locale_is_unicode(std::initializer_list<const char*> values) {
  for (const char* value : values) {
    if (value == nullptr || *value == '\0') continue;
    const std::string locale = lower(value);
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

std::string interval_plot(std::span<const PlotRow> rows, const std::string& unit, bool unicode,
                          const Terminal& terminal) {
  const double most = end_of_scale(rows);
  if (rows.empty() || most <= 0 || !std::isfinite(most)) return "";
  const Marks& marks = unicode ? kBlocks : kAscii;
  const std::size_t labels = label_width(rows, terminal.width);
  const std::size_t indent = labels + 2;
  const std::size_t values = value_width(rows);
  const std::size_t used = indent + (values > 0 ? values + 2 : 0);
  const std::size_t width =
      std::clamp(terminal.width > used ? terminal.width - used : 0, kNarrowestField, kWidestField);
  std::string out;
  for (const PlotRow& row : rows) {
    std::string line = cut_label(row.label, labels, unicode);
    const Drawn field = drawn(row, marks, width, most, terminal.colour);
    if (field.columns > 0 || !row.value.empty()) line.append(indent - display_width(line), ' ');
    line += field.text;
    if (!row.value.empty()) line += std::string(width - field.columns + 2, ' ') + row.value;
    out += line + "\n";
  }
  return out + scale_line(indent, width, most, unit) + legend(rows, marks, most);
}

}  // namespace tokcast
