// What `tokcast calibrate` prints.
#ifndef TOKCAST_CLI_CALIBRATION_TEXT_H_
#define TOKCAST_CLI_CALIBRATION_TEXT_H_

#include <string>

#include "cli/terminal.h"
#include "forecast/kernel_rates.h"
#include "rehearse/calibration.h"

namespace tokcast {

std::string calibration_page(const Calibration& calibration, const KernelRates& rates,
                             const Terminal& terminal);

}  // namespace tokcast

#endif  // TOKCAST_CLI_CALIBRATION_TEXT_H_
