// The evidence ladder: all that is known about a machine's speed, and the best of it for a model.
//
// Rungs differ only in the Timings that they hand to the one forecaster (forecast/forecast.h). The strongest
// that can price the model is taken, or the one that the user asks for.
#ifndef TOKCAST_CHOOSE_LADDER_H_
#define TOKCAST_CHOOSE_LADDER_H_

#include <optional>
#include <string_view>

#include "base/result.h"
#include "forecast/forecast.h"
#include "forecast/hardware.h"
#include "forecast/kernel_rates.h"
#include "forecast/timings.h"
#include "model/shape.h"

namespace tokcast {

// Of one machine, engine and thread count; what is not there is nullopt.
struct Ladder {
  std::optional<KernelRates> calibrated{};
  std::optional<KernelRates> estimated{};
  std::optional<Hardware> hardware{};  // for looking up
  bool can_calibrate = false;          // an engine is here, and so is the machine
};

// The timings of one model below a rehearsal. `only` asks for one rung. Errors: kNotFound saying what is
// missing and how to get it; kUnsupported for models that are not modelled and types that have no rate.
Result<Timings> timings_from(const Ladder& ladder, const Shape& shape, std::optional<Evidence> only = {});

// The workload with every layer of the model on the GPU, if it is to run there.
Workload placed(Workload workload, const Shape& shape, bool on_gpu);

// By name; nullopt for others. See evidence_name.
std::optional<Evidence> find_evidence(std::string_view name);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_LADDER_H_
