// Two plots as SVG text: forecasts against measurements, and errors of several tools side by side.
//
// Pure functions: the same data give the same bytes. A picture brings its own background and follows a dark
// page where the viewer asks for it; colours are those of Okabe and Ito, which colour-blind readers can tell
// apart.
#ifndef TOKCAST_BENCH_PLOT_H_
#define TOKCAST_BENCH_PLOT_H_

#include <cstddef>
#include <string>
#include <vector>

namespace tokcast {

// Both in the unit that the axes name, and between 1e-9 and 1e12 to be shown; other points are left out and
// counted in the legend.
struct ScatterPoint {
  double measured = 0;
  double forecast = 0;
};

struct ScatterSeries {
  std::string name;  // for the legend
  std::vector<ScatterPoint> points{};
};

struct ScatterPlot {
  std::string title;
  std::string quantity;  // "decode"
  std::string unit;      // "tokens/s"
  std::vector<ScatterSeries> series{};
};

// Forecast over measurement on two logarithmic axes of one range, with the diagonal and a band of +-30 % of
// the measured value. Colours repeat after seven series.
std::string scatter_svg(const ScatterPlot& plot);

struct ErrorBar {
  std::string name;       // "llmfit", "tokcast, looked-up"
  double median = 0;      // percent, above 0
  double ninetieth = 0;   // 90th percentile, percent
  std::size_t count = 0;  // of rows
  bool ours = false;      // drawn in another colour
};

struct ErrorPlot {
  std::string title;
  std::vector<ErrorBar> bars{};
};

// One line for each bar, in the order given: a dot at the median, a stroke to the 90th percentile, on a
// logarithmic axis of percent; the figures beside it. A bar whose median or percentile is not between
// 1e-9 and 1e12 has "no figures" instead.
std::string error_bars_svg(const ErrorPlot& plot);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_PLOT_H_
