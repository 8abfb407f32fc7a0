// What the ledger promised of the model that is served, and what becomes of the server's turns in it: an
// actual for each, if the model was promised here.
#ifndef TOKCAST_CLI_SERVE_ACCOUNTS_H_
#define TOKCAST_CLI_SERVE_ACCOUNTS_H_

#include <functional>
#include <optional>

#include "cli/setting.h"
#include "ledger/promise.h"
#include "model/shape.h"
#include "serve/turns.h"

namespace tokcast {

// The newest one of this model on this machine's hardware; nullopt: there is none, or the ledger cannot be
// read.
std::optional<Promise> newest_promise(const Shape& shape, const Setting& setting);

// To be called from one thread, which may wait for the disk. Opens the ledger with the first turn; where that
// fails, or where no promise of this model on this machine is known, turns are not kept. `setting` must
// outlive it. `complain` is told once what is wrong with the ledger.
std::function<void(const TurnRecord&)> ledger_accounts(const Shape& shape, std::uint32_t threads,
                                                       const Setting& setting,
                                                       std::function<void(const std::string&)> complain);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SERVE_ACCOUNTS_H_
