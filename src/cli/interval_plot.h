// Intervals as bars with what happened as dots, in characters: one line each on a common scale from 0.
//
//   qwen3-4b Q4_K_M            ▒▒▒█▒▒▒▒     ┃                 8.1–12.0 s
#ifndef TOKCAST_CLI_INTERVAL_PLOT_H_
#define TOKCAST_CLI_INTERVAL_PLOT_H_

#include <initializer_list>
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
  Colour colour = Colour::kPlain;  // of the dots; of the bar where there are none
  std::string value{};             // written after the bar, in a column of its own
};

// Can the locale show more than ASCII? From LC_ALL, LC_CTYPE, LANG: the first that is set.
bool locale_is_unicode();
// Of these values of the three; nullptr: not set.
bool locale_is_unicode(std::initializer_list<const char*> values);

// Ends with the scale and a legend of the marks that occur. With `unicode` bars of blocks, else '-', '+',
// 'o', '|', '>'. The scale shows all dots and twice the largest budget; of bars longer than that the end is
// cut, with an arrow. Empty for no rows, or if nothing in them is above 0.
std::string interval_plot(std::span<const PlotRow> rows, const std::string& unit, bool unicode,
                          const Terminal& terminal);

}  // namespace tokcast

#endif  // TOKCAST_CLI_INTERVAL_PLOT_H_
