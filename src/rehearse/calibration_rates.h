// From a calibration's samples to kernel rates: what the forecaster prices any model with.
#ifndef TOKCAST_REHEARSE_CALIBRATION_RATES_H_
#define TOKCAST_REHEARSE_CALIBRATION_RATES_H_

#include "base/result.h"
#include "forecast/kernel_rates.h"
#include "rehearse/calibration.h"

namespace tokcast {

// Types without a usable decode sample have no rates. Errors: kBadInput if the calibration lacks the models
// on which all figures rest.
Result<KernelRates> rates_from(const Calibration& calibration);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_CALIBRATION_RATES_H_
