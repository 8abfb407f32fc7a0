// What a calibration times: which synthetic models, in which order, with which tests. Pure.
#ifndef TOKCAST_REHEARSE_CALIBRATION_PLAN_H_
#define TOKCAST_REHEARSE_CALIBRATION_PLAN_H_

#include <vector>

#include "engine/bench.h"
#include "rehearse/calibration.h"

namespace tokcast {

// Each test's first sample touches weights for the first time, so the cheapest comes first; decode is last.
std::vector<BenchTest> tests_of(const CalibrationModel& model);

// Beside the types themselves: few models are mixtures, or have heads that vectors do not divide.
struct SpecialModels {
  bool heads = true;
  bool experts = true;
};

// What one pass over these types measures, without what is known for good (the checks of `record`, types that
// the engine refused). Shared models first, as every type's figures rest on them; special ones after the
// commonest types.
std::vector<CalibrationModel> models_of_pass(const Calibration& record, const std::vector<GgmlType>& types,
                                             SpecialModels wanted);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_CALIBRATION_PLAN_H_
