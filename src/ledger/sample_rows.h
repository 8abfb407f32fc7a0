// Tables `sample` and `load_sample`: raw seconds.
#ifndef TOKCAST_LEDGER_SAMPLE_ROWS_H_
#define TOKCAST_LEDGER_SAMPLE_ROWS_H_

#include <cstdint>

#include "base/result.h"
#include "ledger/database.h"
#include "ledger/promise.h"

namespace tokcast {

// The raw samples of an actual, whose row is there. Errors: database_error.
Result<void> insert_raw(const Database& database, std::int64_t id, const Actual& actual);

// Sets samples and loads. Errors: database_error; kBadInput for a row that makes no sense.
Result<void> read_raw(const Database& database, Actual& actual);

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_SAMPLE_ROWS_H_
