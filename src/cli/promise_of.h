// A forecast as the promise that the ledger keeps of it: what setup, bench and `promises accept` hand over.
#ifndef TOKCAST_CLI_PROMISE_OF_H_
#define TOKCAST_CLI_PROMISE_OF_H_

#include <cstdint>

#include "cli/setting.h"
#include "forecast/forecast.h"
#include "ledger/promise.h"
#include "model/shape.h"

namespace tokcast {

// Needs setting.engine. The time is left to the ledger.
Promise promise_of(const Shape& shape, const Forecast& forecast, const Setting& setting,
                   std::uint32_t threads, AcceptedBy by);

}  // namespace tokcast

#endif  // TOKCAST_CLI_PROMISE_OF_H_
