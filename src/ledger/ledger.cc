#include "ledger/ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "ledger/database.h"
#include "ledger/rows.h"
#include "ledger/served_rows.h"
#include "ledger/tables.h"

namespace tokcast {
namespace {

// Turns of years; anything larger is no ledger, and checking it would take minutes.
constexpr std::uint64_t kLargest = 1ULL << 30U;

// Held while the file is opened, checked and perhaps set aside: two processes that find it damaged must not
// both rename it. Not held afterwards: SQLite's own locks keep writers apart.
class OpeningLock {
 public:
  static Result<OpeningLock> take(const std::string& path, Seconds patience) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
      return std::unexpected(error_from_errno(errno, "the ledger cannot be written", path,
                                              "Set XDG_STATE_HOME to a directory that may be written."));
    }
    OpeningLock out(fd);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::duration<double>(patience.value);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (auto go_on = check_interrupt(); !go_on) return std::unexpected(go_on.error());
      if (std::chrono::steady_clock::now() > give_up) {
        return fail(ErrorKind::kTimeout, "another tokcast is opening the ledger and does not finish", path,
                    "Try again when it is done.");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return out;
  }
  OpeningLock(OpeningLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OpeningLock& operator=(OpeningLock&&) = delete;
  ~OpeningLock() {
    if (fd_ >= 0) close(fd_);
  }

 private:
  explicit OpeningLock(int fd) : fd_(fd) {}
  int fd_;
};

Result<void> make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (!error) return {};
  return std::unexpected(error_from_errno(error.value(), "the ledger's directory cannot be made", path,
                                          "Set XDG_STATE_HOME to a directory that may be written."));
}

// nullopt: there is none.
Result<std::optional<std::uint64_t>> size_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return std::unexpected(error_from_errno(errno, "the ledger cannot be read", path));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorKind::kBadInput, "the ledger is not a file", path, "Move it away: a new one is begun.");
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > kLargest) {
    return fail(ErrorKind::kBadInput,
                fmt::format("{} are more than any ledger has", format_bytes(Bytes(size))), path,
                "Move it away: a new one is begun.");
  }
  return size;
}

Result<void> quick_check(const Database& database) {
  Statement check = database.prepare("PRAGMA quick_check(1)");
  const auto row = check.step();
  if (!row) return std::unexpected(row.error());
  const std::string answer = check.text(0).value_or("no answer");
  if (answer == "ok") return {};
  return fail(ErrorKind::kBadInput, "the ledger is damaged: " + printable(answer), database.path());
}

enum class State { kSound, kOlder, kForeign };

// Errors: kBadInput if it is damaged.
Result<State> state_of(const Database& database) {
  const auto application = pragma(database, "application_id");
  if (!application) return std::unexpected(application.error());
  const auto version = pragma(database, "user_version");
  if (!version) return std::unexpected(version.error());
  const auto objects = pragma(database, "schema_version");  // 0: nothing was ever made in it
  if (!objects) return std::unexpected(objects.error());
  const bool fresh = *application == 0 && *version == 0 && *objects == 0;
  if (!fresh && *application != kLedgerApplication) return State::kForeign;
  if (auto sound = quick_check(database); !sound) return std::unexpected(sound.error());
  return *version < static_cast<std::int64_t>(ledger_steps().size()) ? State::kOlder : State::kSound;
}

Error foreign(const std::string& path) {
  return {ErrorKind::kUnsupported, "this file is of another program, not a ledger", path,
          "Move it away: a new one is begun."};
}

Result<Database> open_sound(const std::string& path, Database::Mode mode, Seconds patience) {
  auto database = Database::open(path, mode, patience);
  if (!database) return database;
  const auto state = state_of(*database);
  if (!state) return std::unexpected(state.error());
  if (*state == State::kForeign) return std::unexpected(foreign(path));
  if (auto set = database->execute("PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; "
                                   "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0");
      !set)
    return std::unexpected(set.error());
  if (auto done = bring_up_to_date(*database); !done) return std::unexpected(done.error());
  // A file with other tables was made by hand: nothing of ours is in it to be saved.
  if (auto done = check_tables(*database); !done) {
    done.error().kind = ErrorKind::kUnsupported;
    return std::unexpected(done.error());
  }
  return database;
}

std::string time_word() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// Its journal first: one that were left behind would be played into the new file.
Result<std::string> set_aside(const std::string& path) {
  std::string aside = fmt::format("{}.damaged-{}", path, time_word());
  for (int i = 2; std::filesystem::exists(aside); ++i) {
    aside = fmt::format("{}.damaged-{}-{}", path, time_word(), i);
  }
  if (rename((path + "-journal").c_str(), (aside + "-journal").c_str()) != 0 && errno != ENOENT)
    return std::unexpected(error_from_errno(errno, "the damaged ledger's journal cannot be set aside", path));
  if (rename(path.c_str(), aside.c_str()) != 0)
    return std::unexpected(error_from_errno(errno, "the damaged ledger cannot be set aside", path));
  return aside;
}

}  // namespace

std::string default_ledger_path() {
  return state_directory() + "/ledger.db";
}

Ledger::Ledger(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;

Result<Ledger> Ledger::open(const std::string& path, Seconds patience) {
  if (auto made = make_directory(path); !made) return std::unexpected(made.error());
  const auto lock = OpeningLock::take(path + ".lock", patience);
  if (!lock) return std::unexpected(lock.error());
  if (const auto size = size_of(path); !size) return std::unexpected(size.error());
  auto database = open_sound(path, Database::Mode::kWrite, patience);
  std::string notice;
  if (!database && database.error().kind == ErrorKind::kBadInput) {
    const auto aside = set_aside(path);
    if (!aside) return std::unexpected(aside.error());
    notice =
        fmt::format("{}. It was set aside as {}, and a new one begun.", database.error().message, *aside);
    database = open_sound(path, Database::Mode::kWrite, patience);
  }
  if (!database) return std::unexpected(database.error());
  Ledger out(std::make_unique<Database>(std::move(*database)));
  out.notice_ = std::move(notice);
  return out;
}

Result<std::optional<Ledger>> Ledger::open_existing(const std::string& path, Seconds patience) {
  const auto size = size_of(path);
  if (!size) return std::unexpected(size.error());
  if (!*size || **size == 0) return std::nullopt;
  auto database = Database::open(path, Database::Mode::kRead, patience);
  if (!database) return std::unexpected(database.error());
  const auto state = state_of(*database);
  if (!state) {
    Error error = state.error();
    if (error.kind == ErrorKind::kBadInput)
      error.fix = "The next command that writes to it sets it aside and begins a new one.";
    return std::unexpected(error);
  }
  if (*state == State::kForeign) return std::unexpected(foreign(path));
  if (*state == State::kOlder) {
    auto updated = open(path, patience);
    if (!updated) return std::unexpected(updated.error());
    return std::move(*updated);
  }
  // Up to date, unless it is of a newer tokcast: this only says so.
  if (auto done = bring_up_to_date(*database); !done) return std::unexpected(done.error());
  if (auto done = check_tables(*database); !done) return std::unexpected(done.error());
  return Ledger(std::make_unique<Database>(std::move(*database)));
}

Result<std::int64_t> Ledger::accept(const Promise& promise) {
  auto transaction = Transaction::begin(*database_);
  if (!transaction) return std::unexpected(transaction.error());
  const auto id = insert_promise(*database_, promise);
  if (!id) return id;
  if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
  return id;
}

Result<std::int64_t> Ledger::insert(const Actual& actual) {
  if (const auto known = promise(actual.promise_id); !known) return std::unexpected(known.error());
  return insert_actual(*database_, actual);
}

Result<std::int64_t> Ledger::add(const Actual& actual) {
  auto transaction = Transaction::begin(*database_);
  if (!transaction) return std::unexpected(transaction.error());
  const auto id = insert(actual);
  if (!id) return id;
  if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
  return id;
}

Result<std::int64_t> Ledger::add(const Served& served, const std::optional<Actual>& engine) {
  auto transaction = Transaction::begin(*database_);
  if (!transaction) return std::unexpected(transaction.error());
  Served whole = served;
  if (engine) {
    const auto actual = insert(*engine);
    if (!actual) return actual;
    whole.actual_id = *actual;
  }
  const auto id = insert_served(*database_, whole);
  if (!id) return id;
  if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
  return id;
}

Result<std::vector<Promise>> Ledger::promises(const PromiseFilter& filter) const {
  std::string condition = "WHERE 1";
  std::vector<std::string> texts;
  const auto match = [&](const char* test, const std::string& value) {
    if (value.empty()) return;
    condition += fmt::format(" AND {}", test);
    texts.push_back(value);
  };
  match("promise.model = ? COLLATE NOCASE", filter.model);
  match("promise.shape_key = ?", filter.shape_key);
  match("site.hardware_identity = ?", filter.hardware_identity);
  condition += " ORDER BY promise.id DESC LIMIT ?";
  return select_promises(*database_, condition, texts, {static_cast<std::int64_t>(filter.most)});
}

Result<Promise> Ledger::promise(std::int64_t id) const {
  auto found = select_promises(*database_, "WHERE promise.id = ?", {}, {id});
  if (!found) return std::unexpected(found.error());
  if (found->empty()) {
    return fail(ErrorKind::kNotFound, fmt::format("there is no promise {}", id), database_->path(),
                "`tokcast promises` lists those there are.");
  }
  return std::move(found->front());
}

Result<std::vector<Actual>> Ledger::actuals(std::int64_t promise_id, bool with_samples,
                                            std::size_t most) const {
  auto out = select_actuals(*database_, "WHERE actual.promise = ? ORDER BY actual.id DESC LIMIT ?", {},
                            {promise_id, static_cast<std::int64_t>(most)}, with_samples);
  if (out) std::ranges::reverse(*out);
  return out;
}

Result<std::vector<Served>> Ledger::served(const ServedFilter& filter) const {
  std::string condition = "WHERE 1";
  std::vector<std::string> texts;
  if (!filter.by.empty()) {
    condition += " AND served.served_by = ? COLLATE NOCASE";
    texts.push_back(filter.by);
  }
  if (!filter.hardware_identity.empty()) {
    condition += " AND site.hardware_identity = ?";
    texts.push_back(filter.hardware_identity);
  }
  condition += " ORDER BY served.id DESC LIMIT ?";
  return select_served(*database_, condition, texts, {static_cast<std::int64_t>(filter.most)});
}

Result<std::optional<Actual>> Ledger::newest_bench(const std::string& shape_key,
                                                   const std::string& machine_identity,
                                                   const std::string& engine_identity,
                                                   std::uint32_t threads) const {
  auto found = select_actuals(
      *database_,
      "JOIN promise ON promise.id = actual.promise WHERE promise.shape_key = ? AND site.machine_identity = ? "
      "AND site.engine_identity = ? AND actual.threads = ? AND actual.kind = 'bench' AND actual.concurrency "
      "= 1 "
      "AND EXISTS (SELECT 1 FROM sample WHERE sample.actual = actual.id) ORDER BY actual.id DESC LIMIT 1",
      {shape_key, machine_identity, engine_identity}, {std::int64_t{threads}}, true);
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

}  // namespace tokcast
