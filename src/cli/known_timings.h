// The best that is known here of a model's speed, for whoever forecasts many turns of it. In forecast_one.cc.
#ifndef TOKCAST_CLI_KNOWN_TIMINGS_H_
#define TOKCAST_CLI_KNOWN_TIMINGS_H_

#include "base/result.h"
#include "cli/forecast_one.h"
#include "cli/setting.h"
#include "forecast/timings.h"
#include "model/shape.h"

namespace tokcast {

// From a stored rehearsal, else from the ladder. Errors: why nothing is known.
Result<Timings> known_timings(const Shape& shape, const Setting& setting, LadderOnDemand& ladder,
                              const Question& question);

}  // namespace tokcast

#endif  // TOKCAST_CLI_KNOWN_TIMINGS_H_
