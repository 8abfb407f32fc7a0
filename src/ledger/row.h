// Rows read and written, for the tables of the ledger: what all of them need, and their sites.
#ifndef TOKCAST_LEDGER_ROW_H_
#define TOKCAST_LEDGER_ROW_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "ledger/database.h"
#include "ledger/promise.h"

namespace tokcast {

// Of one actual: a thousand repetitions of a hundred tests.
constexpr std::size_t kMostSamples = 100'000;

// Reads a row from left to right; remembers whether anything that must be there was not.
class Row {
 public:
  explicit Row(const Statement& statement) : statement_(statement) {}

  std::string text() { return must(statement_.text(column_++)); }
  double real() { return must(statement_.real(column_++)); }
  std::int64_t integer() { return must(statement_.integer(column_++)); }
  template <typename T>
  T count(std::int64_t least = 0) {
    const std::int64_t value = integer();
    if (value < least || !std::in_range<T>(value)) sound_ = false;
    return static_cast<T>(value);
  }
  std::optional<std::string> maybe_text() { return statement_.text(column_++); }
  template <typename Quantity>
  std::optional<Quantity> maybe() {
    const auto value = statement_.real(column_++);
    return value ? std::optional(Quantity(*value)) : std::nullopt;
  }
  std::optional<double> maybe_real() { return statement_.real(column_++); }
  template <typename T>
  std::optional<T> maybe_count() {
    const auto value = statement_.integer(column_++);
    if (value && !std::in_range<T>(*value)) sound_ = false;
    return value ? std::optional(static_cast<T>(*value)) : std::nullopt;
  }
  template <typename T>
  T named(const std::optional<T>& found) {
    if (!found) sound_ = false;
    return found.value_or(T{});
  }
  // Braces evaluate from left to right: the order in which the columns of a site are selected.
  Site site() { return {text(), text(), text(), text(), text(), text()}; }
  bool sound() const { return sound_; }

 private:
  template <typename T>
  T must(const std::optional<T>& value) {
    if (!value) sound_ = false;
    return value.value_or(T{});
  }

  const Statement& statement_;
  int column_ = 0;
  bool sound_ = true;
};

// The value with this name; nullopt: there is none.
template <typename Enum, std::size_t Count>
std::optional<Enum> by_name(const std::array<Enum, Count>& values, auto name_of, const std::string& name) {
  for (const Enum value : values) {
    if (name_of(value) == name) return value;
  }
  return std::nullopt;
}

// For Statement::bind.
template <typename T>
std::optional<std::int64_t> whole(const std::optional<T>& value) {
  return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

template <typename Quantity>
std::optional<double> plain(const std::optional<Quantity>& value) {
  return value ? std::optional<double>(value->value) : std::nullopt;
}

// Seconds since 1970; 0 becomes now.
std::int64_t or_now(std::int64_t unix_time);

// Errors: kUsage if one is longer than the ledger keeps.
Result<void> check_texts(const std::string& path, std::initializer_list<const std::string*> texts);

// A row that something else than tokcast wrote.
Error odd_row(const Database& database, std::string_view what, std::int64_t id);

// "SELECT table.id, COLUMNS, those of its site FROM table ... CONDITION". `columns` are separated by ", ".
std::string select_from(const char* table, const char* columns, const std::string& condition);
// A '?' for each of the columns.
std::string placeholders(const char* columns);
// First the texts, then the numbers.
void bind_all(Statement& statement, const std::vector<std::string>& texts,
              const std::vector<std::int64_t>& numbers);

// Every row that `select` finds, as `read` makes it of a Row; `complete` adds what stands elsewhere. `what`
// names one that makes no sense.
template <typename Read, typename Complete>
auto select_all(const Database& database, Statement& select, std::string_view what, Read read,
                Complete complete) -> Result<std::vector<decltype(read(std::declval<Row&>()))>> {
  std::vector<decltype(read(std::declval<Row&>()))> out;
  auto more = select.step();
  for (; more && *more; more = select.step()) {
    Row row(select);
    auto item = read(row);
    if (!row.sound()) return std::unexpected(odd_row(database, what, item.id));
    if (Result<void> completed = complete(item); !completed) return std::unexpected(completed.error());
    out.push_back(std::move(item));
  }
  if (!more) return std::unexpected(more.error());
  return out;
}

// The row of table `site` with these values, made if there is none.
Result<std::int64_t> site_row(const Database& database, const Site& site);

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_ROW_H_
