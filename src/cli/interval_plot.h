// Intervals as bars with what happened as dots, in characters: one line each on a common scale from 0.
#ifndef TOKCAST_CLI_INTERVAL_PLOT_H_
#define TOKCAST_CLI_INTERVAL_PLOT_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace tokcast {

struct PlotRow {
  std::string label;
  // low, expected, high: the bar; nullopt: there is none.
  struct Bar {
    double low = 0;
    double expected = 0;
    double high = 0;
  };
  std::optional<Bar> bar{};
  std::vector<double> dots{};      // what happened
  std::optional<double> budget{};  // a mark of its own
  Colour colour = Colour::kPlain;  // of the dots
};

// Can the locale show more than ASCII? From LC_ALL, LC_CTYPE, LANG: the first that is set.
bool locale_is_unicode();

// Ends with the scale and a legend of the marks that occur. With `unicode` bars of blocks, else '-', '+',
// 'o', '|'. Empty for no rows, or if nothing in them is above 0.
std::string interval_plot(std::span<const PlotRow> rows, const std::string& unit, bool unicode,
                          const Terminal& terminal);

}  // namespace tokcast

#endif  // TOKCAST_CLI_INTERVAL_PLOT_H_
