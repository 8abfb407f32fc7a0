// Table `served`: what the server did, stage by stage.
#ifndef TOKCAST_LEDGER_SERVED_ROWS_H_
#define TOKCAST_LEDGER_SERVED_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/database.h"
#include "ledger/served.h"

namespace tokcast {

// Whoever may ask the server can make rows, so the oldest give way: some 20 MB.
constexpr std::int64_t kMostServed = 100'000;

// Both run inside the caller's transaction. Errors: database_error.
Result<std::int64_t> insert_served(const Database& database, const Served& served);

// As select_promises (ledger/rows.h).
Result<std::vector<Served>> select_served(const Database& database, const std::string& condition,
                                          const std::vector<std::string>& texts,
                                          const std::vector<std::int64_t>& numbers);

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_SERVED_ROWS_H_
