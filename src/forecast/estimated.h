// The `estimated` rung: rates from what `tokcast probe` measures of the machine, without an engine.
//
//   cost of one row    = bytes / read bandwidth + unpacking / plain integer rate
//   cost of more rows  = rows x (loading / plain integer rate + multiplying / best integer rate), at least
//   one
//
// The plain rate is that of the `generic` int8 path, which every machine has; the best one is that of the
// instructions which llama.cpp's kernels use. Work by type: docs/FORECAST.md.
#ifndef TOKCAST_FORECAST_ESTIMATED_H_
#define TOKCAST_FORECAST_ESTIMATED_H_

#include "base/result.h"
#include "forecast/kernel_rates.h"
#include "machine/profile.h"

namespace tokcast {

// Errors: kNotFound if the profile holds no measured rates.
Result<KernelRates> estimated_rates(const Profile& profile, std::uint32_t threads);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_ESTIMATED_H_
