// The `looked-up` rung: how fast hardware runs any model, from names alone.
//
// Formulas over what names tell (bandwidth, cores, clocks, operations a second) with factors that were fitted
// on published results of llama.cpp (efficiency.h). Factors are named by phase, kind and what they belong to:
//
//   decode gpu memory            a constant of the formula
//   decode gpu backend=Vulkan    one level of the hierarchy: backend, family, group (class), isa, type, part
//
// A level that is not in the table counts 1, so that an unknown part falls back to its family, an unknown
// family to its backend or instruction set, and so on. Derivation: docs/FORECAST.md.
#ifndef TOKCAST_FORECAST_LOOKED_UP_H_
#define TOKCAST_FORECAST_LOOKED_UP_H_

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "forecast/efficiency.h"
#include "forecast/hardware.h"
#include "forecast/kernel_rates.h"

namespace tokcast {

enum class ModelKind { kDense, kMixture };

// The natural logarithm of a factor of the time; 0 if nothing is known.
using LogFactor = std::function<double(const std::string& name)>;

// Rates with factors from anywhere: what the fit varies. Without intervals. Errors: as looked_up_rates.
Result<KernelRates> rates_with(const Hardware& hardware, ModelKind kind, const LogFactor& log_factor);

// How many machines a factor of this name rests on.
using Machines = std::function<std::uint32_t(const std::string& name)>;

// The variance of the logarithm of a time that levels of the hierarchy may still differ by: the whole of what
// such levels differ by where no machine tells of one, 1 / (1 + n) of it where n do.
double unseen_variance(const Hardware& hardware, std::string_view phase, const Machines& machines);

// `reach` with so much variance more.
Reach widened(const Reach& reach, double variance);

// Rates with the embedded table, and 90 % intervals. The kind of model matters because mixtures of experts
// keep less of the hardware busy, and because their forecasts err more. Errors: kUnsupported if neither the
// bandwidth of the memory nor enough else is known (graphics: bandwidth; processors: cores and instruction
// set), with what to tell as the fix.
Result<KernelRates> looked_up_rates(const Hardware& hardware, ModelKind kind);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_LOOKED_UP_H_
