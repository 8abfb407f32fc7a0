#include "cli/table.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::size_t kGap = 2;

std::vector<std::size_t> column_widths(const std::vector<Column>& columns,
                                       const std::vector<std::vector<Cell>>& rows) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::size_t width = display_width(columns[i].header);
    for (const auto& row : rows) width = std::max(width, display_width(row[i].text));
    widths.push_back(width);
  }
  return widths;
}

std::size_t total(const std::vector<std::size_t>& widths) {
  const std::size_t gaps = widths.empty() ? 0 : kGap * (widths.size() - 1);
  return std::accumulate(widths.begin(), widths.end(), gaps);
}

// The column to drop next; columns.size() if all must stay.
std::size_t first_to_drop(const std::vector<Column>& columns) {
  std::size_t best = columns.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].dropped == 0) continue;
    if (best == columns.size() || columns[i].dropped < columns[best].dropped) best = i;
  }
  return best;
}

void drop_columns(std::vector<Column>& columns, std::vector<std::vector<Cell>>& rows, std::size_t width) {
  while (total(column_widths(columns, rows)) > width) {
    const auto index = static_cast<std::ptrdiff_t>(first_to_drop(columns));
    if (index == std::ssize(columns)) return;
    columns.erase(columns.begin() + index);
    for (auto& row : rows) row.erase(row.begin() + index);
  }
}

std::string padded(const std::string& text, std::size_t width, bool right, Colour colour, bool colours) {
  const std::string shown = shortened(text, width);
  const std::string space(width - display_width(shown), ' ');
  return right ? space + coloured(shown, colour, colours) : coloured(shown, colour, colours) + space;
}

}  // namespace

std::string format_table(std::vector<Column> columns, std::vector<std::vector<Cell>> rows,
                         const Terminal& terminal) {
  drop_columns(columns, rows, terminal.width);
  std::vector<std::size_t> widths = column_widths(columns, rows);
  while (total(widths) > terminal.width) {
    auto widest = std::ranges::max_element(widths);
    if (*widest <= 1) break;
    --*widest;
  }
  std::string out;
  const auto add_line = [&](auto&& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const Cell cell = cell_of(i);
      if (i > 0) line.append(kGap, ' ');
      line += padded(cell.text, widths[i], columns[i].right, cell.colour, terminal.colour);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  add_line([&](std::size_t i) { return Cell{columns[i].header, Colour::kBold}; });
  for (const auto& row : rows) add_line([&row](std::size_t i) { return row[i]; });
  return out;
}

std::string format_definitions(const std::vector<std::pair<std::string, std::string>>& lines,
                               const Terminal& terminal) {
  constexpr std::size_t kLabel = 17;
  std::string out;
  for (const auto& [label, value] : lines) {
    const std::string start =
        "  " + label + std::string(kLabel - 2 - std::min(label.size(), kLabel - 3), ' ');
    out += start + wrapped(printable(value), terminal.width, kLabel, kLabel) + "\n";
  }
  return out;
}

}  // namespace tokcast
