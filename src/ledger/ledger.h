// The ledger: promises and actuals, kept in one SQLite file, $XDG_STATE_HOME/tokcast/ledger.db.
//
// What it holds survives: every change is one transaction, flushed before the call returns; a process that is
// killed in the middle of one leaves the state before it. Several processes may have it open; writers wait
// for each other. The file is checked whenever it is opened; a damaged one is set aside, never repaired in
// place and never deleted. docs/PROMISES.md has the tables.
#ifndef TOKCAST_LEDGER_LEDGER_H_
#define TOKCAST_LEDGER_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "ledger/promise.h"
#include "ledger/served.h"

namespace tokcast {

class Database;

// state_directory()/ledger.db
std::string default_ledger_path();

// Which promises. Empty fields match all.
struct PromiseFilter {
  std::string model{};              // as Promise::model; ignoring case
  std::string shape_key{};          // exactly
  std::string hardware_identity{};  // exactly
  std::size_t most = 1000;          // the newest ones
};

// Which of what was served. Empty fields match all.
struct ServedFilter {
  std::string by{};                 // as Served::by; ignoring case
  std::string hardware_identity{};  // exactly
  std::size_t most = 1000;          // the newest ones
};

// Not for several threads at once.
class Ledger {
 public:
  // For writing; made if there is none, brought up to date if it is of an older tokcast. A damaged file is
  // renamed to PATH.damaged-TIME, a new one begun and notice() says so. Errors: kIo (cannot be made or
  // opened), kDiskFull, kTimeout (another process writes without end), kUnsupported (of a newer tokcast),
  // kBadInput (a file of something else, which stays as it is).
  static Result<Ledger> open(const std::string& path, Seconds patience = Seconds(10));

  // For reading; changes nothing. nullopt if there is none. Errors: as open(), and kBadInput if it is
  // damaged.
  static Result<std::optional<Ledger>> open_existing(const std::string& path, Seconds patience = Seconds(2));

  Ledger(Ledger&&) noexcept;
  Ledger& operator=(Ledger&&) noexcept;
  ~Ledger();

  // Keeps a promise; returns its id. Errors: kBadInput (a value that is not finite, an interval upside down,
  // a text beyond 64 KiB), kDiskFull, kIo, kTimeout.
  Result<std::int64_t> accept(const Promise& promise);

  // Keeps an actual; returns its id. Errors: as accept(), and kNotFound if there is no such promise.
  Result<std::int64_t> add(const Actual& actual);

  // Keeps what the server did, and with it the engine's part of it; returns the former's id. The newest
  // hundred thousand are kept. Errors: as those two.
  Result<std::int64_t> add(const Served& served, const std::optional<Actual>& engine = {});

  // Newest first.
  Result<std::vector<Promise>> promises(const PromiseFilter& filter = {}) const;
  // Errors: kNotFound.
  Result<Promise> promise(std::int64_t id) const;
  // Of one promise, oldest first; the newest `most` of them. Without raw samples unless asked for.
  Result<std::vector<Actual>> actuals(std::int64_t promise_id, bool with_samples = false,
                                      std::size_t most = 1000) const;
  // The newest bench with raw samples of a file of this shape, by this machine, engine and thread count;
  // nullopt: there is none. What the `measured` rung rests on.
  Result<std::optional<Actual>> newest_bench(const std::string& shape_key,
                                             const std::string& machine_identity,
                                             const std::string& engine_identity, std::uint32_t threads) const;
  // Newest first.
  Result<std::vector<Served>> served(const ServedFilter& filter = {}) const;
  // How far forecasts were from actuals on this machine with this engine and thread count: what
  // forecast/experience.h learns from. At most the newest 2000.
  Result<std::vector<Residual>> residuals(const std::string& machine_identity,
                                          const std::string& engine_identity, std::uint32_t threads) const;

  // What the user should know of how it was opened; "" if all was well.
  const std::string& notice() const { return notice_; }

 private:
  explicit Ledger(std::unique_ptr<Database> database);
  // Inside of a transaction.
  Result<std::int64_t> insert(const Actual& actual);

  std::unique_ptr<Database> database_;
  std::string notice_{};
};

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_LEDGER_H_
