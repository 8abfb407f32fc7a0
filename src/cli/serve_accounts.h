// What the ledger promised of the model that is served, and what becomes of the server's turns in it: the
// stages of each, and an actual if the model was promised here.
#ifndef TOKCAST_CLI_SERVE_ACCOUNTS_H_
#define TOKCAST_CLI_SERVE_ACCOUNTS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cli/setting.h"
#include "ledger/promise.h"
#include "model/shape.h"
#include "serve/served_turn.h"

namespace tokcast {

// The newest one of this model on this machine's hardware; nullopt: there is none, or the ledger cannot be
// read.
std::optional<Promise> newest_promise(const Shape& shape, const Setting& setting);

// Whose turns they are.
struct AccountSubject {
  std::string model{};      // as Promise::model
  std::string shape_key{};  // "": nothing can have been promised of it
  Site site{};
  std::optional<std::uint32_t> threads{};
};

AccountSubject subject_of(const Shape& shape, std::uint32_t threads, const Setting& setting);

// To be called from one thread, which may wait for the disk. Opens the ledger with the first turn; where that
// fails turns are not kept. `complain` is told once what is wrong with the ledger.
std::function<void(const ServedTurn&)> ledger_accounts(AccountSubject subject,
                                                       std::function<void(const std::string&)> complain);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SERVE_ACCOUNTS_H_
