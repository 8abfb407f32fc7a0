#include "ledger/served_rows.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "ledger/row.h"

namespace tokcast {
namespace {

std::optional<ServedKind> find_kind(const std::string& name) {
  using enum ServedKind;
  return by_name(std::array{kTurn, kSpokenTurn, kTranscription, kSpeech}, served_kind_name, name);
}

constexpr const char* kServedColumns =
    "unix_time_seconds, kind, served_by, outcome, recognition_seconds, queue_seconds, first_token_seconds, "
    "reply_seconds, synthesis_seconds, first_audio_seconds, total_seconds, prompt_tokens, reply_tokens, "
    "sound_seconds, actual";

Served read_served(Row& row) {
  Served out{.id = row.integer(),
             .unix_time = row.integer(),
             .kind = row.named(find_kind(row.text())),
             .by = row.text(),
             .outcome = row.text()};
  out.stages = {.recognition = row.maybe<Seconds>(),
                .queue = row.maybe<Seconds>(),
                .first_token = row.maybe<Seconds>(),
                .reply = row.maybe<Seconds>(),
                .synthesis = row.maybe<Seconds>(),
                .first_audio = row.maybe<Seconds>(),
                .total = row.maybe<Seconds>()};
  out.prompt_tokens = row.maybe_count<std::uint64_t>();
  out.reply_tokens = row.maybe_count<std::uint64_t>();
  out.sound = row.maybe<Seconds>();
  out.actual_id = row.maybe_count<std::int64_t>();
  out.site = row.site();
  return out;
}

Result<void> forget_oldest(const Database& database, std::int64_t newest) {
  Statement forget = database.prepare("DELETE FROM served WHERE id <= ?");
  return forget.bind(newest - kMostServed).finish();
}

}  // namespace

Result<std::int64_t> insert_served(const Database& database, const Served& served) {
  if (auto sound = check_texts(database.path(), {&served.by, &served.outcome}); !sound)
    return std::unexpected(sound.error());
  const auto site = site_row(database, served.site);
  if (!site) return site;
  Statement insert = database.prepare(fmt::format("INSERT INTO served ({}, site) VALUES ({}, ?)",
                                                  kServedColumns, placeholders(kServedColumns)));
  const Stages& stages = served.stages;
  insert.bind(or_now(served.unix_time)).bind(served_kind_name(served.kind));
  insert.bind(std::string_view(served.by)).bind(std::string_view(served.outcome));
  insert.bind(plain(stages.recognition)).bind(plain(stages.queue)).bind(plain(stages.first_token));
  insert.bind(plain(stages.reply)).bind(plain(stages.synthesis)).bind(plain(stages.first_audio));
  insert.bind(plain(stages.total)).bind(whole(served.prompt_tokens)).bind(whole(served.reply_tokens));
  insert.bind(plain(served.sound)).bind(served.actual_id);
  if (auto done = insert.bind(*site).finish(); !done) return std::unexpected(done.error());
  const std::int64_t id = database.last_row();
  if (auto done = forget_oldest(database, id); !done) return std::unexpected(done.error());
  return id;
}

Result<std::vector<Served>> select_served(const Database& database, const std::string& condition,
                                          const std::vector<std::string>& texts,
                                          const std::vector<std::int64_t>& numbers) {
  Statement select = database.prepare(select_from("served", kServedColumns, condition));
  bind_all(select, texts, numbers);
  return select_all(database, select, "what was served, row", read_served,
                    [](Served&) -> Result<void> { return {}; });
}

}  // namespace tokcast
