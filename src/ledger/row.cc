#include "ledger/row.h"

#include <fmt/format.h>

#include <chrono>

namespace tokcast {
namespace {

constexpr std::size_t kLongestText = 65536;

Result<void> check_site(const std::string& path, const Site& site) {
  return check_texts(path, {&site.machine_identity, &site.hardware_identity, &site.machine_name, &site.kernel,
                            &site.engine_identity, &site.engine_version});
}

Statement& bind_site(Statement& statement, const Site& site) {
  return statement.bind(site.machine_identity)
      .bind(site.hardware_identity)
      .bind(site.machine_name)
      .bind(site.kernel)
      .bind(site.engine_identity)
      .bind(site.engine_version);
}

constexpr std::string_view kSiteColumns =
    "machine_identity, hardware_identity, machine_name, kernel, engine_identity, engine_version";

std::string qualified(const char* columns, const char* table) {
  std::string out = fmt::format("{}.", table);
  for (const char* c = columns; *c != '\0'; ++c) {
    out += *c;
    if (*c == ' ') out += fmt::format("{}.", table);
  }
  return out;
}

}  // namespace

std::int64_t or_now(std::int64_t unix_time) {
  return unix_time != 0 ? unix_time : std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

Result<void> check_texts(const std::string& path, std::initializer_list<const std::string*> texts) {
  for (const std::string* text : texts) {
    if (text->size() > kLongestText)
      return fail(ErrorKind::kUsage, "a text is too long for the ledger", path);
  }
  return {};
}

Error odd_row(const Database& database, std::string_view what, std::int64_t id) {
  return {ErrorKind::kBadInput, fmt::format("{} {} of the ledger makes no sense", what, id), database.path(),
          "Something else than tokcast wrote it."};
}

std::string select_from(const char* table, const char* columns, const std::string& condition) {
  return fmt::format("SELECT {0}.id, {1}, {2} FROM {0} JOIN site ON site.id = {0}.site {3}", table,
                     qualified(columns, table), kSiteColumns, condition);
}

std::string placeholders(const char* columns) {
  std::string out = "?";
  for (const char* c = columns; *c != '\0'; ++c) {
    if (*c == ',') out += ", ?";
  }
  return out;
}

void bind_all(Statement& statement, const std::vector<std::string>& texts,
              const std::vector<std::int64_t>& numbers) {
  for (const std::string& text : texts) statement.bind(std::string_view(text));
  for (const std::int64_t number : numbers) statement.bind(number);
}

Result<std::int64_t> site_row(const Database& database, const Site& site) {
  if (auto sound = check_site(database.path(), site); !sound) return std::unexpected(sound.error());
  Statement insert = database.prepare(
      fmt::format("INSERT OR IGNORE INTO site ({}) VALUES (?, ?, ?, ?, ?, ?)", kSiteColumns));
  if (auto done = bind_site(insert, site).finish(); !done) return std::unexpected(done.error());
  Statement find =
      database.prepare(fmt::format("SELECT id FROM site WHERE ({}) = (?, ?, ?, ?, ?, ?)", kSiteColumns));
  const auto row = bind_site(find, site).step();
  if (!row) return std::unexpected(row.error());
  return find.integer(0).value_or(0);
}

}  // namespace tokcast
