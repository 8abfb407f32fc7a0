// What `tokcast calibrate` prints.
#ifndef TOKCAST_CLI_CALIBRATION_TEXT_H_
#define TOKCAST_CLI_CALIBRATION_TEXT_H_

#include <optional>
#include <string>

#include "cli/terminal.h"
#include "forecast/engine_efficiency.h"
#include "forecast/kernel_rates.h"
#include "rehearse/calibration.h"
#include "rehearse/thread_sweep.h"

namespace tokcast {

// `sweep`: nullopt if the machine was too busy to try thread counts. `efficiency`: nullopt if its own rates
// were never measured.
std::string calibration_page(const Calibration& calibration, const KernelRates& rates,
                             const std::optional<ThreadSweep>& sweep,
                             const std::optional<EngineEfficiency>& efficiency, const Terminal& terminal);

}  // namespace tokcast

#endif  // TOKCAST_CLI_CALIBRATION_TEXT_H_
