// Forecasts in words and tables, for people. All is pure: the machine is in the values.
#ifndef TOKCAST_CLI_FORECAST_TEXT_H_
#define TOKCAST_CLI_FORECAST_TEXT_H_

#include <span>
#include <string>
#include <string_view>

#include "choose/recommend.h"
#include "cli/terminal.h"
#include "forecast/forecast.h"
#include "forecast/forecast_json.h"
#include "model/shape.h"

namespace tokcast {

Colour verdict_colour(Verdict verdict);

// "5.1–6.0 s".
std::string seconds_span(const Interval<Seconds>& duration);

// "494 M", "6.7 B".
std::string format_parameters(std::uint64_t parameters);

// "llama-3.2-3b-instruct Q4_K_M", safe for a terminal.
std::string model_label(const Shape& shape);

// What to type for this model of the catalogue: its id, with the mix if it is not the usual one.
std::string model_argument(const Shape& shape);

// `word` as one word of a shell command line.
std::string shell_word(std::string_view word);

// "a 30-token reply to a 128-token prompt takes 5.1–6.0 s on this machine (budget 10 s)". Needs
// forecast.turn.
std::string turn_sentence(const Forecast& forecast, const ForecastContext& context);

// One sentence that answers: the verdict and what to expect.
std::string headline(const Shape& shape, const Forecast& forecast, const ForecastContext& context);

// All about one forecast: the headline, then a line for each quantity.
std::string forecast_card(const Shape& shape, const Forecast& forecast, const ForecastContext& context,
                          const Terminal& terminal);

// One row for each forecast, in that order.
std::string forecast_table(std::span<const Candidate> candidates, const Terminal& terminal);

}  // namespace tokcast

#endif  // TOKCAST_CLI_FORECAST_TEXT_H_
