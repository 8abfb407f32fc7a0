// What becomes of the server's turns in the ledger: an actual for each, if the model was promised here.
#ifndef TOKCAST_CLI_SERVE_ACCOUNTS_H_
#define TOKCAST_CLI_SERVE_ACCOUNTS_H_

#include <functional>

#include "cli/setting.h"
#include "model/shape.h"
#include "serve/turns.h"

namespace tokcast {

// To be called from one thread, which may wait for the disk. Opens the ledger with the first turn; where that
// fails, or where no promise of this model on this machine is known, turns are not kept. `setting` must
// outlive it. `complain` is told once what is wrong with the ledger.
std::function<void(const TurnRecord&)> ledger_accounts(const Shape& shape, std::uint32_t threads,
                                                       const Setting& setting,
                                                       std::function<void(const std::string&)> complain);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SERVE_ACCOUNTS_H_
