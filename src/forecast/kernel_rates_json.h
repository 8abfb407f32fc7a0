// Kernel rates as JSON, in units that people compare: bytes and operations per second.
#ifndef TOKCAST_FORECAST_KERNEL_RATES_JSON_H_
#define TOKCAST_FORECAST_KERNEL_RATES_JSON_H_

#include "base/json.h"
#include "forecast/kernel_rates.h"

namespace tokcast {

// Bytes of weights of this type read per second by a decode step.
double decode_bytes_per_second(GgmlType type, const TypeCost& cost);

// Multiplications and additions per second of a batch of `rows` tokens.
double operations_per_second(const TypeCost& cost, double rows);

Json kernel_rates_to_json(const KernelRates& rates);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_KERNEL_RATES_JSON_H_
