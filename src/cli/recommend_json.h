// A recommendation as JSON: docs/schemas/recommend.schema.json.
#ifndef TOKCAST_CLI_RECOMMEND_JSON_H_
#define TOKCAST_CLI_RECOMMEND_JSON_H_

#include <vector>

#include "base/json.h"
#include "choose/choice.h"
#include "choose/contenders.h"
#include "choose/recommend.h"
#include "choose/use.h"
#include "forecast/forecast_json.h"

namespace tokcast {

struct RecommendationView {
  const Use& use;
  const Recommendation& answer;
  const Choice& choice;
  const std::vector<LeftOut>& left_out;
};

Json recommendation_json(const RecommendationView& view, const ForecastContext& context);

// {"points", "spread", "decided_by", "score", "remark"}; null if nothing is known.
Json quality_json(const std::optional<Quality>& quality);

// The three picks and what the last one would take.
Json choice_json(const Choice& choice, const Recommendation& answer);

}  // namespace tokcast

#endif  // TOKCAST_CLI_RECOMMEND_JSON_H_
