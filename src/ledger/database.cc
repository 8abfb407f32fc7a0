#include "ledger/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>
#include <utility>

#include "base/text.h"

namespace tokcast {
namespace {

int to_milliseconds(Seconds seconds) {
  return static_cast<int>(seconds.value * 1000);
}

void set_limits(sqlite3* connection) {
  constexpr int kLongest = 1 << 20;  // a value, a row, a statement
  sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, kLongest);
  sqlite3_limit(connection, SQLITE_LIMIT_SQL_LENGTH, 1 << 16);
  sqlite3_limit(connection, SQLITE_LIMIT_COLUMN, 100);
  sqlite3_limit(connection, SQLITE_LIMIT_EXPR_DEPTH, 50);
  sqlite3_limit(connection, SQLITE_LIMIT_COMPOUND_SELECT, 5);
  sqlite3_limit(connection, SQLITE_LIMIT_VDBE_OP, 25000);
  sqlite3_limit(connection, SQLITE_LIMIT_FUNCTION_ARG, 8);
  sqlite3_limit(connection, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(connection, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100);
  sqlite3_limit(connection, SQLITE_LIMIT_VARIABLE_NUMBER, 100);
  sqlite3_limit(connection, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
  sqlite3_limit(connection, SQLITE_LIMIT_WORKER_THREADS, 0);
}

void distrust(sqlite3* connection) {
  const auto set = [connection](int what, int value) { sqlite3_db_config(connection, what, value, nullptr); };
  set(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
  set(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
  set(SQLITE_DBCONFIG_ENABLE_VIEW, 0);
  set(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
  set(SQLITE_DBCONFIG_DEFENSIVE, 1);
  set(SQLITE_DBCONFIG_DQS_DDL, 0);
  set(SQLITE_DBCONFIG_DQS_DML, 0);
  set(SQLITE_DBCONFIG_ENABLE_FKEY, 1);
}

ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return ErrorKind::kDiskFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::kTimeout;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return ErrorKind::kBadInput;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return ErrorKind::kUsage;
    default:
      return ErrorKind::kIo;
  }
}

std::string fix_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "Make room on that disk; nothing of what was in it is lost.";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "Try again when the other tokcast is done.";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return "Allow writing there, or set XDG_STATE_HOME to a directory that may be written.";
    default:
      return "";
  }
}

}  // namespace

Error database_error(int code, std::string_view words, const std::string& path) {
  return {kind_of(code), fmt::format("the ledger cannot be used: {}", printable(words)), path, fix_of(code)};
}

Statement::Statement(sqlite3* connection, const std::string& path, std::string_view sql)
    : connection_(connection), path_(path) {
  note(sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr));
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      path_(other.path_),
      statement_(std::exchange(other.statement_, nullptr)),
      next_(other.next_),
      failed_(other.failed_) {}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::note(int code) {
  if (failed_ == 0 && code != SQLITE_OK) failed_ = code;
}

Statement& Statement::bind(std::int64_t value) {
  note(sqlite3_bind_int64(statement_, next_++, value));
  return *this;
}

Statement& Statement::bind(double value) {
  // NaN would be stored as NULL, which means unknown.
  note(std::isfinite(value) ? sqlite3_bind_double(statement_, next_++, value) : SQLITE_MISMATCH);
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  note(sqlite3_bind_text64(statement_, next_++, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_null() {
  note(sqlite3_bind_null(statement_, next_++));
  return *this;
}

Result<bool> Statement::step() {
  if (failed_ == 0) {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    note(sqlite3_extended_errcode(connection_));
    return std::unexpected(database_error(failed_, sqlite3_errmsg(connection_), path_));
  }
  return std::unexpected(database_error(failed_, sqlite3_errstr(failed_), path_));
}

Result<void> Statement::finish() {
  auto row = step();
  while (row && *row) row = step();
  if (!row) return std::unexpected(std::move(row.error()));
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_);
  next_ = 1;
}

std::optional<std::int64_t> Statement::integer(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_INTEGER) return std::nullopt;
  return sqlite3_column_int64(statement_, column);
}

std::optional<double> Statement::real(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  if (type != SQLITE_FLOAT && type != SQLITE_INTEGER) return std::nullopt;
  const double value = sqlite3_column_double(statement_, column);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<std::string> Statement::text(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_TEXT) return std::nullopt;
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return std::nullopt;  // out of memory
  return std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

Database::Database(sqlite3* connection, std::string path)
    : connection_(connection), path_(std::make_unique<std::string>(std::move(path))) {}

Database::Database(Database&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), path_(std::move(other.path_)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(path_, other.path_);
  return *this;
}

Database::~Database() {
  sqlite3_close_v2(connection_);
}

Result<Database> Database::open(const std::string& path, Mode mode, Seconds patience) {
  // Reading opens for writing as well where it may: a killed writer's journal has to be played back first.
  const int flags = SQLITE_OPEN_READWRITE | (mode == Mode::kWrite ? SQLITE_OPEN_CREATE : 0) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  Database out(connection, path);
  if (code != SQLITE_OK) return std::unexpected(database_error(code, sqlite3_errstr(code), path));
  sqlite3_busy_timeout(connection, to_milliseconds(patience));
  set_limits(connection);
  distrust(connection);
  if (mode == Mode::kRead) sqlite3_exec(connection, "PRAGMA query_only = ON", nullptr, nullptr, nullptr);
  return out;
}

Result<Database> Database::in_memory() {
  return open(":memory:", Mode::kWrite, Seconds(0));
}

Result<void> Database::execute(const std::string& sql) const {
  const int code = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return std::unexpected(database_error(code, sqlite3_errmsg(connection_), *path_));
}

std::int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(connection_);
}

Result<Transaction> Transaction::begin(const Database& database) {
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return std::unexpected(begun.error());
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // After an error SQLite may have rolled back already; then this one fails, and that is all right.
  if (database_ != nullptr) [[maybe_unused]]
    const Result<void> undone = database_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
  auto done = database_->execute("COMMIT");
  if (done) database_ = nullptr;
  return done;
}

}  // namespace tokcast
