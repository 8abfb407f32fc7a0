#include "bench/csv.h"

#include <fmt/format.h>

namespace tokcast {
namespace {

// Takes one record from the front of `text`; false if a quote is never closed.
bool take_record(std::string_view& text, std::vector<std::string>& fields) {
  fields.assign(1, "");
  bool quoted = false;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (quoted) {
      const bool doubled = c == '"' && text.starts_with('"');
      if (c != '"' || doubled) fields.back() += c;
      if (doubled) text.remove_prefix(1);
      if (c == '"' && !doubled) quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      return true;
    } else {
      fields.back() += c;
    }
  }
  return !quoted;
}

}  // namespace

Result<std::vector<CsvRow>> parse_csv(std::string_view text, std::string_view place) {
  std::vector<std::string> names;
  std::vector<std::string> fields;
  std::vector<CsvRow> rows;
  if (!take_record(text, names))
    return fail(ErrorKind::kBadInput, "a quote is never closed", std::string(place));
  while (!text.empty()) {
    const bool closed = take_record(text, fields);
    if (!closed || fields.size() != names.size()) {
      return fail(ErrorKind::kBadInput, "a row does not have the columns of the first line",
                  fmt::format("{} row {}", place, rows.size() + 2));
    }
    CsvRow& row = rows.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = fields[i];
  }
  return rows;
}

}  // namespace tokcast
