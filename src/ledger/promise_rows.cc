// Table `promise`.
#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "ledger/row.h"
#include "ledger/rows.h"
#include "ledger/times_rows.h"

namespace tokcast {
namespace {

std::optional<AcceptedBy> find_accepted_by(const std::string& name) {
  return by_name(std::array{AcceptedBy::kSetup, AcceptedBy::kBench, AcceptedBy::kUser}, accepted_by_name,
                 name);
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
    "unix_time_seconds, accepted_by, model, quantization, shape_key, file_sha256, file_bytes, file_path, "
    "file_changed_nanoseconds, threads, "
    "prompt_tokens, cached_tokens, reply_tokens, depth_tokens, context_tokens, sessions, gpu_layers, "
    "turn_budget_seconds, first_token_budget_seconds, evidence, evidence_from, coverage, verdict, "
    "prefill_factor, prefill_reach, prefill_models, prefill_actuals, decode_factor, decode_reach, "
    "decode_models, decode_actuals";

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
  out.file_path = row.maybe_text();
  out.file_changed = row.maybe_count<std::int64_t>();
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
  insert.bind(promise.file_path).bind(promise.file_changed).bind(std::int64_t{promise.threads});
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

Result<std::vector<Promise>> select_promises(const Database& database, const std::string& condition,
                                             const std::vector<std::string>& texts,
                                             const std::vector<std::int64_t>& numbers) {
  Statement select = database.prepare(select_from("promise", kPromiseColumns, condition));
  Statement times = database.prepare("SELECT quantity, low, expected, high FROM promised WHERE promise = ?");
  bind_all(select, texts, numbers);
  return select_all(database, select, "promise", read_promise, [&](Promise& promise) -> Result<void> {
    auto read = read_times(database, times, promise.id);
    if (!read) return std::unexpected(read.error());
    promise.times = *read;
    return {};
  });
}

}  // namespace tokcast
