// A recommendation for people: what to run, the ranking, what is missing from it, what to type next.
#ifndef TOKCAST_CLI_RECOMMEND_TEXT_H_
#define TOKCAST_CLI_RECOMMEND_TEXT_H_

#include <span>
#include <string>
#include <vector>

#include "choose/choice.h"
#include "choose/recommend.h"
#include "cli/terminal.h"
#include "forecast/forecast_json.h"

namespace tokcast {

// All functions need at least one candidate.

// The candidate that decides: the first one with times that fits; the first of all if there is none.
const Candidate& leading(const Recommendation& answer);

// The candidate to run: the leading one, if it keeps its budget; else nullptr.
const Candidate* recommended(const Recommendation& answer);

struct RecommendationMore {
  Choice choice{};
  bool all = false;  // list every candidate
};

// What is listed: of each model its best mix, twenty at most; everything with `all`. Shapes without headers.
std::vector<Candidate> one_of_each(std::span<const Candidate> ranked, bool all);

// The turns of these candidates against their budget; those without times are left out.
std::string turn_plot(std::span<const Candidate> candidates, bool unicode, const Terminal& terminal);

// `effort` is what was allowed this time; `leading_name` what one types for the leading candidate.
std::string recommendation_text(const Recommendation& answer, const ForecastContext& context, Seconds effort,
                                const std::string& leading_name, const Terminal& terminal,
                                const RecommendationMore& more = {});

}  // namespace tokcast

#endif  // TOKCAST_CLI_RECOMMEND_TEXT_H_
