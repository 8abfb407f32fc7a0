// Intervals as bars on one scale, against a limit, for terminals: with Unicode, or plain.
//
//   qwen3-4b Q4_K_M           ├──●───┤  ┊                 8.1–12.0 s
//
// The ends of a bar are the low and the high value, the dot the expected one, the dotted line the limit. What
// lies beyond the scale is cut, with an arrow.
#ifndef TOKCAST_CLI_INTERVAL_PLOT_H_
#define TOKCAST_CLI_INTERVAL_PLOT_H_

#include <optional>
#include <span>
#include <string>

#include "choose/recommend.h"
#include "cli/terminal.h"

namespace tokcast {

struct IntervalBar {
  std::string label;
  double low = 0;
  double expected = 0;
  double high = 0;
  std::string value{};  // written after the bar
  Colour colour = Colour::kPlain;
};

// Lines of at most terminal.width columns; a last line names the limit and the end of the scale in `unit`.
std::string interval_plot(std::span<const IntervalBar> bars, std::optional<double> limit,
                          const std::string& unit, const Terminal& terminal, bool unicode);

// Does the locale say UTF-8? Of the first that is set of LC_ALL, LC_CTYPE and LANG.
bool speaks_unicode(const char* lc_all, const char* lc_ctype, const char* lang);
// Of this process.
bool speaks_unicode();

// The turns of these candidates against their budget; those without times are left out.
std::string turn_plot(std::span<const Candidate> candidates, const Terminal& terminal, bool unicode);

}  // namespace tokcast

#endif  // TOKCAST_CLI_INTERVAL_PLOT_H_
