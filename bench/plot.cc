#include "bench/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr auto kColours = std::to_array<std::string_view>(
    {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31"});
constexpr double kBand = 0.3;  // of the measured value

constexpr std::string_view kStyle =
    "<style>text{font:12px sans-serif;fill:#222}.title{font-size:15px;font-weight:bold}.page{fill:#fff}"
    ".grid{stroke:#ddd}.frame,.line{stroke:#555;fill:none}.band{fill:#888;fill-opacity:.15}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.page{fill:#161616}.grid{stroke:#383838}"
    ".frame,.line{stroke:#aaa}}</style>\n";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped(text));
}

std::string line(std::string_view style, double x1, double y1, double x2, double y2) {
  return fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", style,
                     x1, y1, x2, y2);
}

std::string dot(double x, double y, double radius, std::string_view colour) {
  return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\" fill-opacity=\".75\"/>\n", x,
                     y, radius, colour);
}

std::string page(double width, double height, std::string_view title, const std::string& content) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} "
      "{1}\" role=\"img\">\n<title>{2}</title>\n{3}<rect class=\"page\" width=\"{0}\" "
      "height=\"{1}\"/>\n<text class=\"title\" x=\"16\" y=\"24\">{2}</text>\n{4}</svg>\n",
      width, height, escaped(title), kStyle, content);
}

bool can_be_shown(double value) {
  return value >= 1e-9 && value <= 1e12;
}

// A logarithmic axis from `low` to `high`, both 1, 2 or 5 times a power of ten.
class LogAxis {
 public:
  // Around all of `values`, which are above 0; from 1 to 10 if there are none.
  LogAxis(const std::vector<double>& values, double from, double to) : from_(from), to_(to) {
    if (values.empty()) return;
    const auto [least, most] = std::ranges::minmax(values);
    low_ = step_at_or_below(least);
    high_ = step_at_or_below(most);
    while (high_ < most || high_ <= low_) high_ = next(high_);
  }

  double low() const { return low_; }
  double high() const { return high_; }

  // The pixel of `value`, which is held within the axis.
  double at(double value) const {
    const double held = std::clamp(value, low_, high_);
    return from_ + (to_ - from_) * std::log(held / low_) / std::log(high_ / low_);
  }

  // Every 1, 2 and 5, or every power of ten if that would be many.
  std::vector<double> ticks() const {
    const bool wide = high_ / low_ > 2e4;
    std::vector<double> out;
    for (double tick = low_; tick < high_ * 1.01; tick = next(tick)) {
      if (!wide || leading(tick) == 1) out.push_back(tick);
    }
    return out;
  }

 private:
  static double power(double value) { return std::pow(10, std::floor(std::log10(value) + 1e-9)); }
  static int leading(double tick) { return static_cast<int>(std::lround(tick / power(tick))); }
  static double next(double tick) { return tick * (leading(tick) == 2 ? 2.5 : 2); }
  static double step_at_or_below(double value) {
    const double ten = power(value);
    const double ratio = value / ten * (1 + 1e-9);
    if (ratio >= 5) return 5 * ten;
    return ratio >= 2 ? 2 * ten : ten;
  }

  double from_;
  double to_;
  double low_ = 1;
  double high_ = 10;
};

constexpr double kLeft = 76;
constexpr double kTop = 44;
constexpr double kSide = 440;  // of the square in which points lie
constexpr double kBottom = kTop + kSide;
constexpr double kRight = kLeft + kSide;

struct Axes {
  LogAxis measured;
  LogAxis forecast;
};

bool can_be_shown(const ScatterPoint& point) {
  return can_be_shown(point.measured) && can_be_shown(point.forecast);
}

Axes axes_of(const ScatterPlot& plot) {
  std::vector<double> values;
  for (const ScatterSeries& series : plot.series) {
    for (const ScatterPoint& point : series.points) {
      if (can_be_shown(point)) values.insert(values.end(), {point.measured, point.forecast});
    }
  }
  return {LogAxis(values, kLeft, kRight), LogAxis(values, kBottom, kTop)};
}

std::string scatter_grid(const Axes& axes) {
  std::string out;
  for (const double tick : axes.measured.ticks()) {
    const double x = axes.measured.at(tick);
    const double y = axes.forecast.at(tick);
    const std::string label = fmt::format("{:.6g}", tick);
    out += line("grid", x, kTop, x, kBottom) + line("grid", kLeft, y, kRight, y);
    out += text_at(x, kBottom + 18, "middle", label) + text_at(kLeft - 8, y + 4, "end", label);
  }
  return out;
}

// The band's edges are straight on logarithmic axes; what leaves the square is cut off.
std::string scatter_band(const Axes& axes) {
  const double low = axes.measured.low();
  const double high = axes.measured.high();
  const double scale = kSide / std::log(high / low);
  const double up = scale * std::log(1 + kBand);
  const double down = scale * -std::log(1 - kBand);
  return fmt::format(
             "<clipPath id=\"square\"><rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{2}\"/></clipPath>\n"
             "<polygon class=\"band\" clip-path=\"url(#square)\" points=\"{0},{3:.1f} {4},{5:.1f} "
             "{4},{6:.1f} "
             "{0},{7:.1f}\"/>\n",
             kLeft, kTop, kSide, kBottom - up, kRight, kTop - up, kTop + down, kBottom + down) +
         line("line", kLeft, kBottom, kRight, kTop) +
         fmt::format("<rect class=\"frame\" x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{2}\"/>\n", kLeft,
                     kTop, kSide);
}

std::string scatter_titles(const ScatterPlot& plot) {
  const double middle = kTop + kSide / 2;
  const std::string unit = fmt::format("{} ({})", plot.quantity, plot.unit);
  return text_at(kLeft + kSide / 2, kBottom + 40, "middle", "measured " + unit) +
         fmt::format("<g transform=\"rotate(-90 20 {:.1f})\">\n", middle) +
         text_at(20, middle, "middle", "forecast " + unit) + "</g>\n";
}

struct Shown {
  std::string points;
  std::string legend;
  std::size_t left_out = 0;
};

Shown show(const ScatterPlot& plot, const Axes& axes) {
  Shown out;
  double y = kTop + 12;
  for (std::size_t i = 0; i < plot.series.size(); ++i, y += 20) {
    const ScatterSeries& series = plot.series[i];
    const std::string_view colour = kColours[i % kColours.size()];
    std::size_t count = 0;
    for (const ScatterPoint& point : series.points) {
      if (!can_be_shown(point)) continue;
      ++count;
      out.points += dot(axes.measured.at(point.measured), axes.forecast.at(point.forecast), 3.5, colour);
    }
    out.left_out += series.points.size() - count;
    out.legend += dot(kRight + 22, y - 4, 5, colour);
    out.legend += text_at(kRight + 34, y, "start", fmt::format("{} ({})", series.name, count));
  }
  out.legend += text_at(kRight + 16, y + 8, "start", "grey band: within ±30 %");
  return out;
}

constexpr double kNames = 200;     // where error bars begin
constexpr double kBarWidth = 380;  // and how far they may go
constexpr double kRow = 26;

std::string figures(const ErrorBar& bar) {
  return fmt::format("{:.3g} / {:.3g} % (n={})", bar.median, bar.ninetieth, bar.count);
}

bool can_be_shown(const ErrorBar& bar) {
  return can_be_shown(bar.median) && can_be_shown(bar.ninetieth);
}

std::string error_bar(const ErrorBar& bar, const LogAxis& axis, double y) {
  const std::string name = text_at(kNames - 12, y + 4, "end", bar.name);
  if (!can_be_shown(bar)) return name + text_at(kNames + 8, y + 4, "start", "no figures");
  const std::string_view colour = kColours[bar.ours ? 1 : 0];
  const double median = axis.at(bar.median);
  const double ninetieth = axis.at(bar.ninetieth);
  return name +
         fmt::format(
             "<path d=\"M{:.1f} {:.1f}H{:.1f}M{:.1f} {:.1f}v10\" stroke=\"{}\" stroke-width=\"2\"/>\n",
             median, y, ninetieth, ninetieth, y - 5, colour) +
         dot(median, y, 5, colour) + text_at(kNames + kBarWidth + 16, y + 4, "start", figures(bar));
}

std::string error_grid(const LogAxis& axis, double bottom) {
  std::string out;
  for (const double tick : axis.ticks()) {
    out += line("grid", axis.at(tick), kTop, axis.at(tick), bottom);
    out += text_at(axis.at(tick), bottom + 18, "middle", fmt::format("{:.6g}", tick));
  }
  return out + text_at(kNames + kBarWidth / 2, bottom + 40, "middle",
                       "error (%): dot at the median, stroke to the 90th percentile");
}

}  // namespace

std::string scatter_svg(const ScatterPlot& plot) {
  const Axes axes = axes_of(plot);
  const Shown shown = show(plot, axes);
  std::string content = scatter_grid(axes) + scatter_band(axes) + shown.points + shown.legend;
  content += scatter_titles(plot);
  if (shown.left_out > 0) {
    content += text_at(kRight + 16, kBottom, "start", fmt::format("{} not shown", shown.left_out));
  }
  const double legend = static_cast<double>(plot.series.size()) * 20 + kTop + 40;
  return page(kRight + 230, std::max(kBottom + 56, legend), plot.title, content);
}

std::string error_bars_svg(const ErrorPlot& plot) {
  std::vector<double> values;
  for (const ErrorBar& bar : plot.bars) {
    if (can_be_shown(bar)) values.insert(values.end(), {bar.median, bar.ninetieth});
  }
  const LogAxis axis(values, kNames, kNames + kBarWidth);
  const double bottom = kTop + kRow * static_cast<double>(plot.bars.size());
  std::string content = error_grid(axis, bottom);
  double y = kTop + kRow / 2;
  for (const ErrorBar& bar : plot.bars) {
    content += error_bar(bar, axis, y);
    y += kRow;
  }
  return page(kNames + kBarWidth + 210, bottom + 56, plot.title, content);
}

}  // namespace tokcast
