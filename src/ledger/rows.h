// Promises and actuals as rows of the ledger's tables.
#ifndef TOKCAST_LEDGER_ROWS_H_
#define TOKCAST_LEDGER_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/database.h"
#include "ledger/promise.h"

namespace tokcast {

// All of these run inside the caller's transaction. Errors: database_error.

Result<std::int64_t> insert_promise(const Database& database, const Promise& promise);
Result<std::int64_t> insert_actual(const Database& database, const Actual& actual);

// `condition` is what follows WHERE, its placeholders bound to `texts`, then `numbers`. Rows that make no
// sense (another program wrote them) are kBadInput.
Result<std::vector<Promise>> select_promises(const Database& database, const std::string& condition,
                                             const std::vector<std::string>& texts,
                                             const std::vector<std::int64_t>& numbers);
Result<std::vector<Actual>> select_actuals(const Database& database, const std::string& condition,
                                           const std::vector<std::string>& texts,
                                           const std::vector<std::int64_t>& numbers, bool with_samples);

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_ROWS_H_
