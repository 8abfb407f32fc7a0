// Table `actual`.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "ledger/row.h"
#include "ledger/rows.h"
#include "ledger/sample_rows.h"
#include "ledger/times_rows.h"

namespace tokcast {
namespace {

std::optional<ActualKind> find_kind(const std::string& name) {
  return by_name(std::array{ActualKind::kBench, ActualKind::kTurn}, actual_kind_name, name);
}

constexpr const char* kActualColumns =
    "promise, unix_time_seconds, kind, threads, concurrency, prompt_tokens, cached_tokens, reply_tokens, "
    "depth_tokens, cold_load_seconds, cached_load_seconds, first_token_seconds, prefill_tokens_per_second, "
    "decode_tokens_per_second, turn_seconds, cpu_pressure_share, stolen_share, compute_bytes";

Actual read_actual(Row& row) {
  Actual out{.id = row.integer(),
             .promise_id = row.integer(),
             .unix_time = row.integer(),
             .kind = row.named(find_kind(row.text())),
             .threads = row.maybe_count<std::uint32_t>(),
             .concurrency = row.count<std::uint32_t>(1),
             .prompt_tokens = row.maybe_count<std::uint64_t>(),
             .cached_tokens = row.maybe_count<std::uint64_t>(),
             .reply_tokens = row.maybe_count<std::uint64_t>(),
             .depth_tokens = row.maybe_count<std::uint64_t>(),
             .cold_load = row.maybe<Seconds>(),
             .load = row.maybe<Seconds>(),
             .first_token = row.maybe<Seconds>(),
             .prefill = row.maybe<TokensPerSecond>(),
             .decode = row.maybe<TokensPerSecond>(),
             .turn = row.maybe<Seconds>(),
             .contention = {row.maybe_real(), row.maybe_real()}};
  if (const auto bytes = row.maybe_count<std::uint64_t>()) out.compute_bytes = Bytes(*bytes);
  out.site = row.site();
  return out;
}

}  // namespace

Result<std::int64_t> insert_actual(const Database& database, const Actual& actual) {
  const auto site = site_row(database, actual.site);
  if (!site) return site;
  Statement insert = database.prepare(fmt::format("INSERT INTO actual ({}, site) VALUES ({}, ?)",
                                                  kActualColumns, placeholders(kActualColumns)));
  insert.bind(actual.promise_id).bind(or_now(actual.unix_time)).bind(actual_kind_name(actual.kind));
  insert.bind(whole(actual.threads)).bind(std::int64_t{actual.concurrency});
  insert.bind(whole(actual.prompt_tokens)).bind(whole(actual.cached_tokens));
  insert.bind(whole(actual.reply_tokens)).bind(whole(actual.depth_tokens));
  insert.bind(plain(actual.cold_load)).bind(plain(actual.load)).bind(plain(actual.first_token));
  insert.bind(plain(actual.prefill)).bind(plain(actual.decode)).bind(plain(actual.turn));
  insert.bind(actual.contention.cpu_pressure_share).bind(actual.contention.stolen_share);
  insert.bind(actual.compute_bytes ? whole(std::optional(actual.compute_bytes->value)) : std::nullopt);
  if (auto done = insert.bind(*site).finish(); !done) return std::unexpected(done.error());
  const std::int64_t id = database.last_row();
  if (auto done = insert_times(database, "forecast", "actual", id, actual.forecast); !done)
    return std::unexpected(done.error());
  if (auto done = insert_raw(database, id, actual); !done) return std::unexpected(done.error());
  return id;
}

Result<std::vector<Actual>> select_actuals(const Database& database, const std::string& condition,
                                           const std::vector<std::string>& texts,
                                           const std::vector<std::int64_t>& numbers, bool with_samples) {
  Statement select = database.prepare(select_from("actual", kActualColumns, condition));
  Statement times = database.prepare("SELECT quantity, low, expected, high FROM forecast WHERE actual = ?");
  bind_all(select, texts, numbers);
  return select_all(database, select, "actual", read_actual, [&](Actual& actual) -> Result<void> {
    auto read = read_times(database, times, actual.id);
    if (!read) return std::unexpected(read.error());
    actual.forecast = *read;
    return with_samples ? read_raw(database, actual) : Result<void>{};
  });
}

}  // namespace tokcast
