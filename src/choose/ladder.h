// The evidence ladder: all that is known about a machine's speed, and the best of it for a model.
//
// Rungs differ only in the Timings that they hand to the one forecaster (forecast/forecast.h). The strongest
// that can price the model is taken, or the one that the user asks for.
#ifndef TOKCAST_CHOOSE_LADDER_H_
#define TOKCAST_CHOOSE_LADDER_H_

#include <optional>
#include <string_view>
#include <vector>

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
  std::vector<Card> cards{};           // that a model may lie on; looked up
};

// The timings of one model below a rehearsal, for the sessions of the workload and the layers that it puts on
// cards. `only` asks for one rung. Errors: kNotFound saying what is
// missing and how to get it; kUnsupported for models that are not modelled and types that have no rate.
Result<Timings> timings_from(const Ladder& ladder, const Shape& shape, std::optional<Evidence> only = {},
                             const Workload& workload = {});

// A rehearsal times one session alone: what further ones cost is taken from the rung below it, with a wider
// interval.
void complete_from(const Timings& below, Timings& rehearsed);

// The workload with the number of layers that lie on cards: none unless `on_gpu`; then as many as were asked
// for, and if 0 were, as many as fit.
Workload placed(Workload workload, const Shape& shape, bool on_gpu, const MemoryLimits& limits = {});

// By name; nullopt for others. See evidence_name.
std::optional<Evidence> find_evidence(std::string_view name);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_LADDER_H_
