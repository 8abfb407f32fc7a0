// The tables of the ledger and how they came about: one step for each version, never changed once released.
#ifndef TOKCAST_LEDGER_TABLES_H_
#define TOKCAST_LEDGER_TABLES_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "ledger/database.h"

namespace tokcast {

// "tokc": marks a SQLite file as a ledger (its application_id).
constexpr std::int64_t kLedgerApplication = 0x746f6b63;

// Step i leads from version i to i + 1; the file's user_version says where it is.
std::span<const std::string_view> ledger_steps();

// Runs the steps that are missing, each in a transaction of its own. Errors: kUnsupported if the file is of a
// newer tokcast; database_error.
Result<void> bring_up_to_date(const Database& database);

// kBadInput if the tables of an up-to-date file are not those of ledger_steps(), to the letter.
Result<void> check_tables(const Database& database);

// The value of a pragma that is a whole number.
Result<std::int64_t> pragma(const Database& database, std::string_view name);

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_TABLES_H_
