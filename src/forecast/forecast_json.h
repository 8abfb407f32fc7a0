// Forecasts as JSON: the document `tokcast.forecast/1` (docs/schemas/forecast.schema.json).
#ifndef TOKCAST_FORECAST_FORECAST_JSON_H_
#define TOKCAST_FORECAST_FORECAST_JSON_H_

#include <string>

#include "base/json.h"
#include "forecast/forecast.h"
#include "model/shape.h"

namespace tokcast {

// Whose forecast it is: names that the pure forecaster does not know. Empty strings are unknown and become
// null.
struct ForecastContext {
  std::string machine_name;
  std::string machine_profile_id;
  std::string engine_name;  // empty: none, or nothing of it is in the figures
  std::string engine_build;
  bool elsewhere = false;  // not the machine that tokcast runs on
};

// What is not known is null, never 0.
Json forecast_to_json(const Shape& shape, const Forecast& forecast, const ForecastContext& context);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_FORECAST_JSON_H_
