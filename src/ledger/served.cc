#include "ledger/served.h"

#include <algorithm>
#include <array>

#include "base/statistics.h"

namespace tokcast {
namespace {

// `value_of` gives an optional number of one row; rows without it do not count.
std::optional<double> median(std::span<const Served* const> rows, const auto& value_of) {
  std::vector<double> values;
  for (const Served* row : rows) {
    if (const std::optional<double> value = value_of(*row)) values.push_back(*value);
  }
  return values.empty() ? std::nullopt : std::optional(quantile(values, 0.5));
}

std::optional<double> plain(const std::optional<Seconds>& seconds) {
  return seconds ? std::optional(seconds->value) : std::nullopt;
}

std::optional<double> plain(const std::optional<std::uint64_t>& count) {
  return count ? std::optional(static_cast<double>(*count)) : std::nullopt;
}

std::optional<Seconds> median_stage(std::span<const Served* const> rows,
                                    std::optional<Seconds> Stages::* stage) {
  const auto out = median(rows, [stage](const Served& row) { return plain(row.stages.*stage); });
  return out ? std::optional(Seconds(*out)) : std::nullopt;
}

void add_medians(StageMedians& out, std::span<const Served* const> rows) {
  for (const auto stage : {&Stages::recognition, &Stages::queue, &Stages::first_token, &Stages::reply,
                           &Stages::synthesis, &Stages::first_audio, &Stages::total}) {
    out.stages.*stage = median_stage(rows, stage);
  }
  out.prompt_tokens = median(rows, [](const Served& row) { return plain(row.prompt_tokens); });
  out.reply_tokens = median(rows, [](const Served& row) { return plain(row.reply_tokens); });
  if (const auto sound = median(rows, [](const Served& row) { return plain(row.sound); })) {
    out.sound = Seconds(*sound);
  }
}

}  // namespace

std::string_view served_kind_name(ServedKind kind) {
  constexpr std::array<std::string_view, 4> kNames{"turn", "spoken-turn", "transcription", "speech"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::vector<StageMedians> stage_medians(std::span<const Served> all) {
  std::vector<StageMedians> out;
  std::vector<std::vector<const Served*>> done;  // of each of `out`
  for (const Served& one : all) {
    const auto same = [&one](const StageMedians& known) {
      return known.kind == one.kind && known.by == one.by;
    };
    const auto found = static_cast<std::size_t>(std::ranges::find_if(out, same) - out.begin());
    if (found == out.size()) {
      out.push_back({.kind = one.kind, .by = one.by});
      done.emplace_back();
    }
    if (one.is_done()) done[found].push_back(&one);
    ++(one.is_done() ? out[found].done : out[found].others);
  }
  for (std::size_t i = 0; i < out.size(); ++i) add_medians(out[i], done[i]);
  return out;
}

}  // namespace tokcast
