#include "ledger/tables.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <string>
#include <tuple>

namespace tokcast {
namespace {

// Units are in the names; NULL is unknown.
constexpr std::string_view kVersion1 = R"(
CREATE TABLE site (
  id INTEGER PRIMARY KEY,
  machine_identity TEXT NOT NULL,
  hardware_identity TEXT NOT NULL,
  machine_name TEXT NOT NULL,
  kernel TEXT NOT NULL,
  engine_identity TEXT NOT NULL,
  engine_version TEXT NOT NULL,
  UNIQUE (machine_identity, hardware_identity, machine_name, kernel, engine_identity, engine_version)
) STRICT;
CREATE TABLE promise (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  unix_time_seconds INTEGER NOT NULL CHECK (unix_time_seconds > 0),
  accepted_by TEXT NOT NULL,
  model TEXT NOT NULL,
  quantization TEXT NOT NULL,
  shape_key TEXT NOT NULL,
  file_sha256 TEXT,
  file_bytes INTEGER CHECK (file_bytes > 0),
  site INTEGER NOT NULL REFERENCES site (id),
  threads INTEGER NOT NULL CHECK (threads > 0),
  prompt_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL,
  reply_tokens INTEGER NOT NULL,
  depth_tokens INTEGER NOT NULL,
  context_tokens INTEGER NOT NULL,
  sessions INTEGER NOT NULL CHECK (sessions > 0),
  gpu_layers INTEGER NOT NULL,
  turn_budget_seconds REAL CHECK (turn_budget_seconds > 0),
  first_token_budget_seconds REAL CHECK (first_token_budget_seconds > 0),
  evidence TEXT NOT NULL,
  evidence_from TEXT NOT NULL,
  coverage REAL NOT NULL CHECK (coverage > 0 AND coverage <= 1),
  verdict TEXT NOT NULL,
  prefill_factor REAL NOT NULL CHECK (prefill_factor > 0),
  prefill_reach REAL NOT NULL CHECK (prefill_reach > 0),
  prefill_models INTEGER NOT NULL,
  prefill_actuals INTEGER NOT NULL,
  decode_factor REAL NOT NULL CHECK (decode_factor > 0),
  decode_reach REAL NOT NULL CHECK (decode_reach > 0),
  decode_models INTEGER NOT NULL,
  decode_actuals INTEGER NOT NULL
) STRICT;
CREATE INDEX promise_by_shape ON promise (shape_key);
CREATE TABLE promised (
  promise INTEGER NOT NULL REFERENCES promise (id) ON DELETE CASCADE,
  quantity TEXT NOT NULL,
  low REAL NOT NULL CHECK (low >= 0),
  expected REAL NOT NULL CHECK (expected >= low),
  high REAL NOT NULL CHECK (high >= expected),
  PRIMARY KEY (promise, quantity)
) STRICT, WITHOUT ROWID;
CREATE TABLE actual (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  promise INTEGER NOT NULL REFERENCES promise (id) ON DELETE CASCADE,
  unix_time_seconds INTEGER NOT NULL CHECK (unix_time_seconds > 0),
  kind TEXT NOT NULL,
  site INTEGER NOT NULL REFERENCES site (id),
  threads INTEGER CHECK (threads > 0),
  concurrency INTEGER NOT NULL CHECK (concurrency > 0),
  prompt_tokens INTEGER CHECK (prompt_tokens >= 0),
  cached_tokens INTEGER CHECK (cached_tokens >= 0),
  reply_tokens INTEGER CHECK (reply_tokens >= 0),
  depth_tokens INTEGER CHECK (depth_tokens >= 0),
  cold_load_seconds REAL CHECK (cold_load_seconds > 0),
  cached_load_seconds REAL CHECK (cached_load_seconds > 0),
  first_token_seconds REAL CHECK (first_token_seconds > 0),
  prefill_tokens_per_second REAL CHECK (prefill_tokens_per_second > 0),
  decode_tokens_per_second REAL CHECK (decode_tokens_per_second > 0),
  turn_seconds REAL CHECK (turn_seconds > 0),
  cpu_pressure_share REAL CHECK (cpu_pressure_share >= 0),
  stolen_share REAL CHECK (stolen_share >= 0)
) STRICT;
CREATE INDEX actual_by_promise ON actual (promise, id);
CREATE INDEX actual_by_site ON actual (site, id);
CREATE TABLE forecast (
  actual INTEGER NOT NULL REFERENCES actual (id) ON DELETE CASCADE,
  quantity TEXT NOT NULL,
  low REAL NOT NULL CHECK (low >= 0),
  expected REAL NOT NULL CHECK (expected >= low),
  high REAL NOT NULL CHECK (high >= expected),
  PRIMARY KEY (actual, quantity)
) STRICT, WITHOUT ROWID;
CREATE TABLE sample (
  actual INTEGER NOT NULL REFERENCES actual (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL CHECK (prompt_tokens >= 0),
  generated_tokens INTEGER NOT NULL CHECK (generated_tokens >= 0),
  depth_tokens INTEGER NOT NULL CHECK (depth_tokens >= 0),
  seconds REAL NOT NULL CHECK (seconds > 0),
  PRIMARY KEY (actual, number)
) STRICT, WITHOUT ROWID;
)";

constexpr std::string_view kVersion2 = R"(
ALTER TABLE actual ADD COLUMN compute_bytes INTEGER CHECK (compute_bytes > 0);
CREATE TABLE load_sample (
  actual INTEGER NOT NULL REFERENCES actual (id) ON DELETE CASCADE,
  cold INTEGER NOT NULL CHECK (cold IN (0, 1)),
  number INTEGER NOT NULL,
  seconds REAL NOT NULL CHECK (seconds > 0),
  PRIMARY KEY (actual, cold, number)
) STRICT, WITHOUT ROWID;
)";

// A file can change behind a promise that was made for it.
constexpr std::string_view kVersion3 = R"(
ALTER TABLE promise ADD COLUMN file_path TEXT;
ALTER TABLE promise ADD COLUMN file_changed_nanoseconds INTEGER;
)";

// Of the server's turns only the engine's part was kept, and that only where something was promised.
constexpr std::string_view kVersion4 = R"(
CREATE TABLE served (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  unix_time_seconds INTEGER NOT NULL CHECK (unix_time_seconds > 0),
  kind TEXT NOT NULL,
  served_by TEXT NOT NULL,
  outcome TEXT NOT NULL,
  site INTEGER NOT NULL REFERENCES site (id),
  recognition_seconds REAL CHECK (recognition_seconds >= 0),
  queue_seconds REAL CHECK (queue_seconds >= 0),
  first_token_seconds REAL CHECK (first_token_seconds >= 0),
  reply_seconds REAL CHECK (reply_seconds >= 0),
  synthesis_seconds REAL CHECK (synthesis_seconds >= 0),
  first_audio_seconds REAL CHECK (first_audio_seconds >= 0),
  total_seconds REAL CHECK (total_seconds >= 0),
  prompt_tokens INTEGER CHECK (prompt_tokens >= 0),
  reply_tokens INTEGER CHECK (reply_tokens >= 0),
  sound_seconds REAL CHECK (sound_seconds >= 0),
  actual INTEGER REFERENCES actual (id) ON DELETE SET NULL
) STRICT;
)";

constexpr std::array<std::string_view, 4> kSteps{kVersion1, kVersion2, kVersion3, kVersion4};

using Definition = std::tuple<std::string, std::string, std::string>;  // type, name, statement

Result<std::set<Definition>> definitions(const Database& database) {
  constexpr std::size_t kMost = 100;
  std::set<Definition> out;
  Statement rows = database.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema");
  auto row = rows.step();
  for (; row && *row && out.size() < kMost; row = rows.step()) {
    out.emplace(rows.text(0).value_or(""), rows.text(1).value_or(""), rows.text(2).value_or(""));
  }
  if (!row) return std::unexpected(row.error());
  return out;
}

Result<void> run_step(const Database& database, std::size_t version) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return std::unexpected(transaction.error());
  // Another process may have been quicker.
  const auto now = pragma(database, "user_version");
  if (!now) return std::unexpected(now.error());
  if (*now != static_cast<std::int64_t>(version)) return transaction->commit();
  const std::string sql = fmt::format("{};PRAGMA application_id = {};PRAGMA user_version = {};",
                                      kSteps[version], kLedgerApplication, version + 1);
  if (auto done = database.execute(sql); !done) return done;
  return transaction->commit();
}

}  // namespace

std::span<const std::string_view> ledger_steps() {
  return kSteps;
}

Result<std::int64_t> pragma(const Database& database, std::string_view name) {
  Statement statement = database.prepare(fmt::format("PRAGMA {}", name));
  const auto row = statement.step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement.integer(0).value_or(0) : 0;
}

Result<void> bring_up_to_date(const Database& database) {
  for (;;) {
    const auto version = pragma(database, "user_version");
    if (!version) return std::unexpected(version.error());
    if (*version == static_cast<std::int64_t>(kSteps.size())) return {};
    if (*version < 0 || *version > static_cast<std::int64_t>(kSteps.size())) {
      return fail(ErrorKind::kUnsupported,
                  fmt::format("the ledger is of a newer tokcast (version {})", *version), database.path(),
                  "Use that tokcast, or move the file away.");
    }
    if (auto done = run_step(database, static_cast<std::size_t>(*version)); !done) return done;
  }
}

Result<void> check_tables(const Database& database) {
  auto wanted = Database::in_memory();
  if (!wanted) return std::unexpected(wanted.error());
  if (auto made = bring_up_to_date(*wanted); !made) return made;
  const auto expected = definitions(*wanted);
  const auto found = definitions(database);
  if (!expected) return std::unexpected(expected.error());
  if (!found) return std::unexpected(found.error());
  if (*expected == *found) return {};
  return fail(ErrorKind::kBadInput, "the ledger does not have the tables of a ledger", database.path(),
              "Move the file away: a new one is begun.");
}

}  // namespace tokcast
