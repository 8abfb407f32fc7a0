#include "ledger/sample_rows.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "ledger/row.h"

namespace tokcast {
namespace {

Result<std::vector<BenchSamples>> read_samples(const Database& database, std::int64_t actual) {
  std::vector<BenchSamples> out;
  Statement select = database.prepare(fmt::format(
      "SELECT prompt_tokens, generated_tokens, depth_tokens, seconds FROM sample WHERE actual = ? ORDER BY "
      "number LIMIT {}",
      kMostSamples));
  select.bind(actual);
  auto more = select.step();
  for (; more && *more; more = select.step()) {
    Row row(select);
    const BenchTest test{row.count<std::uint32_t>(), row.count<std::uint32_t>(), row.count<std::uint32_t>()};
    const double seconds = row.real();
    if (!row.sound() || seconds <= 0) return std::unexpected(odd_row(database, "a sample of actual", actual));
    if (out.empty() || out.back().test != test) out.push_back({test, {}});
    out.back().samples.emplace_back(seconds);
  }
  if (!more) return std::unexpected(more.error());
  return out;
}

Result<void> insert_samples(const Database& database, std::int64_t actual,
                            const std::vector<BenchSamples>& all) {
  Statement insert = database.prepare("INSERT INTO sample VALUES (?, ?, ?, ?, ?, ?)");
  std::int64_t number = 0;
  for (const BenchSamples& one : all) {
    for (const Seconds sample : one.samples) {
      insert.bind(actual).bind(number++).bind(std::int64_t{one.test.prompt});
      insert.bind(std::int64_t{one.test.generate}).bind(std::int64_t{one.test.depth}).bind(sample.value);
      if (auto done = insert.finish(); !done) return done;
      insert.reset();
    }
  }
  return {};
}

Result<void> insert_loads(const Database& database, std::int64_t actual, const std::vector<Seconds>& loads,
                          bool cold) {
  Statement insert = database.prepare("INSERT INTO load_sample VALUES (?, ?, ?, ?)");
  std::int64_t number = 0;
  for (const Seconds load : loads) {
    insert.bind(actual).bind(std::int64_t{cold}).bind(number++).bind(load.value);
    if (auto done = insert.finish(); !done) return done;
    insert.reset();
  }
  return {};
}

Result<void> read_loads(const Database& database, Actual& actual) {
  Statement select = database.prepare(
      fmt::format("SELECT cold, seconds FROM load_sample WHERE actual = ? LIMIT {}", kMostSamples));
  select.bind(actual.id);
  auto more = select.step();
  for (; more && *more; more = select.step()) {
    const auto seconds = select.real(1);
    if (!seconds || *seconds <= 0) return std::unexpected(odd_row(database, "a load of actual", actual.id));
    (select.integer(0) == 1 ? actual.cold_load_samples : actual.load_samples).emplace_back(*seconds);
  }
  if (!more) return std::unexpected(more.error());
  return {};
}

}  // namespace

Result<void> insert_raw(const Database& database, std::int64_t id, const Actual& actual) {
  if (auto done = insert_samples(database, id, actual.samples); !done) return done;
  if (auto done = insert_loads(database, id, actual.load_samples, false); !done) return done;
  return insert_loads(database, id, actual.cold_load_samples, true);
}

Result<void> read_raw(const Database& database, Actual& actual) {
  auto samples = read_samples(database, actual.id);
  if (!samples) return std::unexpected(samples.error());
  actual.samples = std::move(*samples);
  return read_loads(database, actual);
}

}  // namespace tokcast
