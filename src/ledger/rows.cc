#include "ledger/rows.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <limits>
#include <string_view>
#include <utility>

namespace tokcast {
namespace {

constexpr std::size_t kLongestText = 65536;
// Of one actual: a thousand repetitions of a hundred tests.
constexpr std::size_t kMostSamples = 100'000;

std::int64_t or_now(std::int64_t unix_time) {
  return unix_time != 0 ? unix_time : std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

template <typename T>
std::optional<std::int64_t> whole(const std::optional<T>& value) {
  return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

template <typename Quantity>
std::optional<double> plain(const std::optional<Quantity>& value) {
  return value ? std::optional<double>(value->value) : std::nullopt;
}

Result<void> check_texts(const std::string& path, std::initializer_list<const std::string*> texts) {
  for (const std::string* text : texts) {
    if (text->size() > kLongestText)
      return fail(ErrorKind::kUsage, "a text is too long for the ledger", path);
  }
  return {};
}

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

// Of `promised` and `forecast`: what an interval is of.
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

Error odd_row(const Database& database, std::string_view what, std::int64_t id) {
  return {ErrorKind::kBadInput, fmt::format("{} {} of the ledger makes no sense", what, id), database.path(),
          "Something else than tokcast wrote it."};
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

template <typename Enum, std::size_t Count>
std::optional<Enum> by_name(const std::array<Enum, Count>& values, auto name_of, const std::string& name) {
  for (const Enum value : values) {
    if (name_of(value) == name) return value;
  }
  return std::nullopt;
}

std::optional<AcceptedBy> find_accepted_by(const std::string& name) {
  return by_name(std::array{AcceptedBy::kSetup, AcceptedBy::kBench, AcceptedBy::kUser}, accepted_by_name,
                 name);
}
std::optional<ActualKind> find_kind(const std::string& name) {
  return by_name(std::array{ActualKind::kBench, ActualKind::kTurn}, actual_kind_name, name);
}
std::optional<Evidence> find_rung(const std::string& name) {
  using enum Evidence;
  return by_name(std::array{kLookedUp, kEstimated, kCalibrated, kRehearsed, kMeasured}, evidence_name, name);
}
std::optional<Verdict> find_verdict(const std::string& name) {
  using enum Verdict;
  return by_name(std::array{kKeeps, kAtRisk, kBreaks, kDoesNotFit, kUnknown}, verdict_name, name);
}

constexpr const char* kPromiseColumns =
    "unix_time_seconds, accepted_by, model, quantization, shape_key, file_sha256, file_bytes, threads, "
    "prompt_tokens, cached_tokens, reply_tokens, depth_tokens, context_tokens, sessions, gpu_layers, "
    "turn_budget_seconds, first_token_budget_seconds, evidence, evidence_from, coverage, verdict, "
    "prefill_factor, prefill_reach, prefill_models, prefill_actuals, decode_factor, decode_reach, "
    "decode_models, decode_actuals";

constexpr const char* kActualColumns =
    "promise, unix_time_seconds, kind, threads, concurrency, prompt_tokens, cached_tokens, reply_tokens, "
    "depth_tokens, cold_load_seconds, cached_load_seconds, first_token_seconds, prefill_tokens_per_second, "
    "decode_tokens_per_second, turn_seconds, cpu_pressure_share, stolen_share, compute_bytes";

PhaseCorrection read_correction(Row& row) {
  return {row.real(), row.real(), row.count<std::size_t>(), row.count<std::size_t>()};
}

Workload read_workload(Row& row) {
  return {.prompt_tokens = row.count<std::uint64_t>(),
          .cached_tokens = row.count<std::uint64_t>(),
          .reply_tokens = row.count<std::uint64_t>(),
          .depth_tokens = row.count<std::uint64_t>(),
          .context_tokens = row.count<std::uint64_t>(),
          .sessions = row.count<std::uint32_t>(1),
          .gpu_layers = row.count<std::uint32_t>(),
          .turn_budget = row.maybe<Seconds>(),
          .first_token_budget = row.maybe<Seconds>()};
}

// Braces evaluate from left to right: the order of the columns.
Promise read_promise(Row& row) {
  Promise out{.id = row.integer(),
              .unix_time = row.integer(),
              .accepted_by = row.named(find_accepted_by(row.text())),
              .model = row.text(),
              .quantization = row.text(),
              .shape_key = row.text(),
              .file_sha256 = row.maybe_text()};
  if (const auto bytes = row.maybe_count<std::uint64_t>()) out.file_bytes = Bytes(*bytes);
  out.threads = row.count<std::uint32_t>(1);
  out.workload = read_workload(row);
  out.evidence = row.named(find_rung(row.text()));
  out.source = row.text();
  out.coverage = row.real();
  out.verdict = row.named(find_verdict(row.text()));
  out.correction.prefill = read_correction(row);
  out.correction.decode = read_correction(row);
  out.site = row.site();
  return out;
}

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

Result<void> insert_raw(const Database& database, std::int64_t id, const Actual& actual) {
  if (auto done = insert_samples(database, id, actual.samples); !done) return done;
  if (auto done = insert_loads(database, id, actual.load_samples, false); !done) return done;
  return insert_loads(database, id, actual.cold_load_samples, true);
}

std::string qualified(const char* columns, const char* table) {
  std::string out = fmt::format("{}.", table);
  for (const char* c = columns; *c != '\0'; ++c) {
    out += *c;
    if (*c == ' ') out += fmt::format("{}.", table);
  }
  return out;
}

std::string select_from(const char* table, const char* columns, const std::string& condition) {
  return fmt::format("SELECT {0}.id, {1}, {2} FROM {0} JOIN site ON site.id = {0}.site {3}", table,
                     qualified(columns, table), kSiteColumns, condition);
}

void bind_all(Statement& statement, const std::vector<std::string>& texts,
              const std::vector<std::int64_t>& numbers) {
  for (const std::string& text : texts) statement.bind(std::string_view(text));
  for (const std::int64_t number : numbers) statement.bind(number);
}

std::string placeholders(const char* columns) {
  std::string out = "?";
  for (const char* c = columns; *c != '\0'; ++c) {
    if (*c == ',') out += ", ?";
  }
  return out;
}

Statement& bind_correction(Statement& statement, const PhaseCorrection& correction) {
  return statement.bind(correction.factor)
      .bind(correction.reach)
      .bind(static_cast<std::int64_t>(correction.models))
      .bind(static_cast<std::int64_t>(correction.actuals));
}

Statement& bind_workload(Statement& statement, const Workload& workload) {
  const auto tokens = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  return statement.bind(tokens(workload.prompt_tokens))
      .bind(tokens(workload.cached_tokens))
      .bind(tokens(workload.reply_tokens))
      .bind(tokens(workload.depth_tokens))
      .bind(tokens(workload.context_tokens))
      .bind(std::int64_t{workload.sessions})
      .bind(std::int64_t{workload.gpu_layers})
      .bind(plain(workload.turn_budget))
      .bind(plain(workload.first_token_budget));
}

}  // namespace

Result<std::int64_t> insert_promise(const Database& database, const Promise& promise) {
  auto sound = check_texts(database.path(),
                           {&promise.model, &promise.quantization, &promise.shape_key, &promise.source});
  if (!sound) return std::unexpected(sound.error());
  const auto site = site_row(database, promise.site);
  if (!site) return site;
  Statement insert = database.prepare(fmt::format("INSERT INTO promise ({}, site) VALUES ({}, ?)",
                                                  kPromiseColumns, placeholders(kPromiseColumns)));
  insert.bind(or_now(promise.unix_time)).bind(accepted_by_name(promise.accepted_by));
  insert.bind(std::string_view(promise.model)).bind(std::string_view(promise.quantization));
  insert.bind(std::string_view(promise.shape_key)).bind(promise.file_sha256);
  insert.bind(promise.file_bytes ? whole(std::optional(promise.file_bytes->value)) : std::nullopt);
  insert.bind(std::int64_t{promise.threads});
  bind_workload(insert, promise.workload);
  insert.bind(evidence_name(promise.evidence)).bind(std::string_view(promise.source));
  insert.bind(promise.coverage).bind(verdict_name(promise.verdict));
  bind_correction(insert, promise.correction.prefill);
  bind_correction(insert, promise.correction.decode);
  if (auto done = insert.bind(*site).finish(); !done) return std::unexpected(done.error());
  const std::int64_t id = database.last_row();
  auto times = insert_times(database, "promised", "promise", id, promise.times);
  return times ? Result<std::int64_t>(id) : std::unexpected(times.error());
}

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

Result<std::vector<Promise>> select_promises(const Database& database, const std::string& condition,
                                             const std::vector<std::string>& texts,
                                             const std::vector<std::int64_t>& numbers) {
  std::vector<Promise> out;
  Statement select = database.prepare(select_from("promise", kPromiseColumns, condition));
  Statement times = database.prepare("SELECT quantity, low, expected, high FROM promised WHERE promise = ?");
  bind_all(select, texts, numbers);
  auto more = select.step();
  for (; more && *more; more = select.step()) {
    Row row(select);
    Promise promise = read_promise(row);
    if (!row.sound()) return std::unexpected(odd_row(database, "promise", promise.id));
    auto read = read_times(database, times, promise.id);
    if (!read) return std::unexpected(read.error());
    promise.times = *read;
    out.push_back(std::move(promise));
  }
  if (!more) return std::unexpected(more.error());
  return out;
}

Result<std::vector<Actual>> select_actuals(const Database& database, const std::string& condition,
                                           const std::vector<std::string>& texts,
                                           const std::vector<std::int64_t>& numbers, bool with_samples) {
  std::vector<Actual> out;
  Statement select = database.prepare(select_from("actual", kActualColumns, condition));
  Statement times = database.prepare("SELECT quantity, low, expected, high FROM forecast WHERE actual = ?");
  bind_all(select, texts, numbers);
  auto more = select.step();
  for (; more && *more; more = select.step()) {
    Row row(select);
    Actual actual = read_actual(row);
    if (!row.sound()) return std::unexpected(odd_row(database, "actual", actual.id));
    auto read = read_times(database, times, actual.id);
    if (!read) return std::unexpected(read.error());
    actual.forecast = *read;
    if (with_samples) {
      auto samples = read_samples(database, actual.id);
      if (!samples) return std::unexpected(samples.error());
      actual.samples = std::move(*samples);
      if (auto loads = read_loads(database, actual); !loads) return std::unexpected(loads.error());
    }
    out.push_back(std::move(actual));
  }
  if (!more) return std::unexpected(more.error());
  return out;
}

}  // namespace tokcast
