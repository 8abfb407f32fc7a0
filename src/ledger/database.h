// SQLite behind RAII and Result: one connection, prepared statements, transactions. Knows nothing of ledgers.
#ifndef TOKCAST_LEDGER_DATABASE_H_
#define TOKCAST_LEDGER_DATABASE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tokcast {

// A prepared statement. Binding and reading fail quietly into the statement: the next step() or finish() says
// so, so that a row is bound in one expression. Must not outlive its database.
class Statement {
 public:
  Statement(sqlite3* connection, const std::string& path, std::string_view sql);
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Values in the order of the placeholders; unknown is NULL.
  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view value);
  Statement& bind_null();
  template <typename T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }

  // To the next row; false: there is none. Errors: database_error.
  Result<bool> step();
  // For statements that give no rows.
  Result<void> finish();
  // Ready to be bound and run again.
  void reset();

  // Of the row stepped to, in the order of the columns. NULL, and a value of another kind, are nullopt.
  std::optional<std::int64_t> integer(int column) const;
  std::optional<double> real(int column) const;  // nullopt also if it is not finite
  std::optional<std::string> text(int column) const;

 private:
  void note(int code);

  sqlite3* connection_;
  const std::string& path_;
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 1;
  int failed_ = 0;  // SQLite's code of what failed first; 0: nothing
};

class Database {
 public:
  enum class Mode { kRead, kWrite };

  // Opens (and with kWrite makes) the file and sets limits; with kRead no statement changes anything: no
  // extension, no trusted schema, no triggers or views, values of at most a mebibyte, one attached file.
  // Waits up to `patience` for other processes whenever needed. Nothing is read yet. Errors: database_error.
  static Result<Database> open(const std::string& path, Mode mode, Seconds patience);
  // In memory, for comparing schemas.
  static Result<Database> in_memory();

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  Statement prepare(std::string_view sql) const { return {connection_, *path_, sql}; }
  // One or more statements without values. Errors: database_error.
  Result<void> execute(const std::string& sql) const;
  std::int64_t last_row() const;
  const std::string& path() const { return *path_; }

 private:
  Database(sqlite3* connection, std::string path);

  sqlite3* connection_;
  std::unique_ptr<std::string> path_;  // statements refer to it: it must not move
};

// Undone when it goes out of scope without commit().
class Transaction {
 public:
  // Takes the write lock at once. Errors: kTimeout if another process holds it longer than the patience.
  static Result<Transaction> begin(const Database& database);

  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(const Database& database) : database_(&database) {}

  const Database* database_;
};

// What SQLite's code means to us: kDiskFull, kTimeout (busy or locked), kBadInput (damaged, or no database),
// kUsage (a value against the rules), kIo.
Error database_error(int code, std::string_view words, const std::string& path);

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_DATABASE_H_
