// Tables `promised` and `forecast`: a row for each interval.
#ifndef TOKCAST_LEDGER_TIMES_ROWS_H_
#define TOKCAST_LEDGER_TIMES_ROWS_H_

#include <cstdint>

#include "base/result.h"
#include "ledger/database.h"
#include "ledger/promise.h"

namespace tokcast {

// `owner` is the column that names the row they belong to. Errors: database_error.
Result<void> insert_times(const Database& database, const char* table, const char* owner, std::int64_t id,
                          const PromisedTimes& times);

// `select` gives quantity, low, expected and high of the row that is bound to it. Errors: database_error;
// kBadInput for a row that makes no sense.
Result<PromisedTimes> read_times(const Database& database, Statement& select, std::int64_t id);

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_TIMES_ROWS_H_
