#include "cli/interval_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "base/text.h"
#include "cli/forecast_text.h"

namespace tokcast {
namespace {

// Signs of one column each.
struct Signs {
  const char *left, *line, *right, *dot, *limit, *beyond;
};

constexpr Signs kPlain{"[", "-", "]", "o", ":", ">"};
constexpr Signs kUnicode{"├", "─", "┤", "●", "┊", "▶"};

struct Scale {
  double most = 1;
  std::size_t columns = 10;

  // The column of a value; columns - 1 for what is beyond.
  std::size_t at(double value) const {
    const double share = std::clamp(value / most, 0.0, 1.0);
    return std::min(columns - 1, static_cast<std::size_t>(share * static_cast<double>(columns)));
  }
};

std::string bar_text(const IntervalBar& bar, const std::optional<double>& limit, const Scale& scale,
                     const Signs& signs) {
  std::vector<const char*> cells(scale.columns, " ");
  if (limit) cells[scale.at(*limit)] = signs.limit;
  const std::size_t low = scale.at(bar.low);
  const std::size_t high = scale.at(bar.high);
  for (std::size_t i = low; i <= high; ++i) cells[i] = signs.line;
  cells[low] = signs.left;
  if (high > low) cells[high] = bar.high > scale.most ? signs.beyond : signs.right;
  if (bar.low > scale.most) cells[low] = signs.beyond;
  if (bar.expected <= scale.most) cells[scale.at(bar.expected)] = signs.dot;
  std::string out;
  for (const char* cell : cells) out += cell;
  return out;
}

// Enough for the limit and twice as much; for what ends before that, less.
double end_of_scale(std::span<const IntervalBar> bars, const std::optional<double>& limit) {
  double most = 0;
  for (const IntervalBar& bar : bars) most = std::max(most, bar.high);
  if (limit) most = std::clamp(most, *limit * 1.25, *limit * 2);
  return most > 0 ? most : 1;
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t has = display_width(text);
  return has < width ? text + std::string(width - has, ' ') : text;
}

Colour colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kKeeps:
      return Colour::kGreen;
    case Verdict::kAtRisk:
      return Colour::kYellow;
    case Verdict::kBreaks:
    case Verdict::kDoesNotFit:
      return Colour::kRed;
    case Verdict::kUnknown:
      break;
  }
  return Colour::kDim;
}

}  // namespace

std::string interval_plot(std::span<const IntervalBar> bars, std::optional<double> limit,
                          const std::string& unit, const Terminal& terminal, bool unicode) {
  if (bars.empty()) return {};
  std::size_t label = 0;
  std::size_t value = 0;
  for (const IntervalBar& bar : bars) {
    label = std::max(label, display_width(bar.label));
    value = std::max(value, display_width(bar.value));
  }
  label = std::min(label, terminal.width * 2 / 5);
  const std::size_t used = label + value + 4;
  const std::size_t columns = terminal.width > used + 10 ? terminal.width - used : 10;
  const Scale scale{end_of_scale(bars, limit), columns};
  const Signs& signs = unicode ? kUnicode : kPlain;
  std::string out;
  for (const IntervalBar& bar : bars) {
    const std::string name =
        padded(unicode ? shortened(bar.label, label) : bar.label.substr(0, label), label);
    out += fmt::format("{}  {}  {}\n", name,
                       coloured(bar_text(bar, limit, scale, signs), bar.colour, terminal.colour), bar.value);
  }
  std::string foot = fmt::format("0 to {} {}", format_number(scale.most), unit);
  if (limit) foot += fmt::format(", {} at {} {}", signs.limit, format_number(*limit), unit);
  return out + std::string(label + 2, ' ') + foot + "\n";
}

bool speaks_unicode(const char* lc_all, const char* lc_ctype, const char* lang) {
  for (const char* value : {lc_all, lc_ctype, lang}) {
    if (value == nullptr || *value == '\0') continue;
    const std::string text = lower(value);
    return text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

bool speaks_unicode() {
  return speaks_unicode(std::getenv("LC_ALL"), std::getenv("LC_CTYPE"), std::getenv("LANG"));
}

std::string turn_plot(std::span<const Candidate> candidates, const Terminal& terminal, bool unicode) {
  std::vector<IntervalBar> bars;
  std::optional<double> budget;
  for (const Candidate& one : candidates) {
    if (!one.forecast.turn) continue;
    const auto& turn = one.forecast.turn->turn;
    if (one.forecast.workload.turn_budget) budget = one.forecast.workload.turn_budget->value;
    std::string value = seconds_span(turn);
    if (!unicode) {
      // The dash between low and high.
      if (const auto dash = value.find("–"); dash != std::string::npos) value.replace(dash, 3, "-");
    }
    bars.push_back({model_label(one.shape), turn.low.value, turn.expected.value, turn.high.value, value,
                    colour_of(one.forecast.verdict)});
  }
  return interval_plot(bars, budget, "s", terminal, unicode);
}

}  // namespace tokcast
