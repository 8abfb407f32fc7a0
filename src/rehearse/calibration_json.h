// Calibrations as JSON: "tokcast.calibration/1", what the cache keeps and `tokcast calibrate --json` holds.
#ifndef TOKCAST_REHEARSE_CALIBRATION_JSON_H_
#define TOKCAST_REHEARSE_CALIBRATION_JSON_H_

#include "base/json.h"
#include "base/result.h"
#include "rehearse/calibration.h"

namespace tokcast {

Json calibration_to_json(const Calibration& calibration);

// Errors: kBadInput naming the key that is missing, of another kind or out of range.
Result<Calibration> calibration_from_json(const Json& json);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_CALIBRATION_JSON_H_
