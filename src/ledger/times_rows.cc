#include "ledger/times_rows.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "ledger/row.h"

namespace tokcast {
namespace {

// What an interval is of.
using Quantities = std::vector<std::pair<std::string_view, std::optional<Interval<double>>>>;

template <typename Quantity>
std::optional<Interval<double>> plain(const std::optional<Interval<Quantity>>& interval) {
  if (!interval) return std::nullopt;
  return Interval<double>{interval->low.value, interval->expected.value, interval->high.value};
}

Quantities quantities(const PromisedTimes& times) {
  return {{"cold_load", plain(times.cold_load)},     {"cached_load", plain(times.load)},
          {"prefill", plain(times.prefill)},         {"decode", plain(times.decode)},
          {"first_token", plain(times.first_token)}, {"turn", plain(times.turn)}};
}

template <typename Quantity>
std::optional<Interval<Quantity>> typed(const Interval<double>& interval) {
  return Interval<Quantity>{Quantity(interval.low), Quantity(interval.expected), Quantity(interval.high)};
}

void set_quantity(PromisedTimes& times, std::string_view name, const Interval<double>& interval) {
  if (name == "cold_load") times.cold_load = typed<Seconds>(interval);
  if (name == "cached_load") times.load = typed<Seconds>(interval);
  if (name == "prefill") times.prefill = typed<TokensPerSecond>(interval);
  if (name == "decode") times.decode = typed<TokensPerSecond>(interval);
  if (name == "first_token") times.first_token = typed<Seconds>(interval);
  if (name == "turn") times.turn = typed<Seconds>(interval);
}

}  // namespace

Result<void> insert_times(const Database& database, const char* table, const char* owner, std::int64_t id,
                          const PromisedTimes& times) {
  Statement insert = database.prepare(
      fmt::format("INSERT INTO {} ({}, quantity, low, expected, high) VALUES (?, ?, ?, ?, ?)", table, owner));
  for (const auto& [name, interval] : quantities(times)) {
    if (!interval) continue;
    insert.bind(id).bind(name).bind(interval->low).bind(interval->expected).bind(interval->high);
    if (auto done = insert.finish(); !done) return done;
    insert.reset();
  }
  return {};
}

Result<PromisedTimes> read_times(const Database& database, Statement& select, std::int64_t id) {
  PromisedTimes out;
  select.reset();
  select.bind(id);
  auto row = select.step();
  for (; row && *row; row = select.step()) {
    const auto name = select.text(0);
    const auto low = select.real(1);
    const auto expected = select.real(2);
    const auto high = select.real(3);
    if (!name || !low || !expected || !high)
      return std::unexpected(odd_row(database, "an interval of row", id));
    set_quantity(out, *name, {*low, *expected, *high});
  }
  if (!row) return std::unexpected(row.error());
  return out;
}

}  // namespace tokcast
