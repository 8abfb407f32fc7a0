#include "ledger/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/statistics.h"
#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::size_t kRecent = 20;
// Fewer actuals before or after a change say nothing of it.
constexpr std::size_t kLeastForDrift = 2;
// The last turns against the first ones at the same site: heat, another clock policy, a busier host.
constexpr std::size_t kLast = 5;

struct Compared {
  const Actual* actual = nullptr;
  Interval<Seconds> forecast{};
  double ratio() const { return *actual->turn / forecast.expected; }
};

std::vector<Compared> comparable(const Promise& promise, std::span<const Actual> actuals) {
  std::vector<Compared> out;
  for (const Actual& actual : actuals) {
    const auto forecast = turn_forecast(promise, actual);
    if (actual.turn && forecast && forecast->expected.value > 0) out.push_back({&actual, *forecast});
  }
  return out;
}

double median_ratio(std::span<const Compared> all) {
  std::vector<double> ratios;
  for (const Compared& one : all) ratios.push_back(one.ratio());
  return quantile(ratios, 0.5);
}

std::optional<Drift> drift_between(std::string since, std::span<const Compared> before,
                                   std::span<const Compared> after) {
  if (before.size() < kLeastForDrift || after.size() < kLeastForDrift) return std::nullopt;
  return Drift{std::move(since), median_ratio(after) / median_ratio(before) - 1, before.size(), after.size()};
}

std::string change_in_words(const Site& before, const Site& after) {
  if (before.engine_identity != after.engine_identity) {
    return fmt::format("the engine changed from {} to {}", before.engine_version, after.engine_version);
  }
  if (before.kernel != after.kernel)
    return fmt::format("the kernel changed from {} to {}", before.kernel, after.kernel);
  return "the machine's share of its processors changed";
}

// Stretches of actuals at one site, in order.
std::vector<std::span<const Compared>> stretches(std::span<const Compared> all) {
  std::vector<std::span<const Compared>> out;
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= all.size(); ++i) {
    if (i < all.size() && all[i].actual->site == all[begin].actual->site) continue;
    out.push_back(all.subspan(begin, i - begin));
    begin = i;
  }
  return out;
}

// Of another program it is not known what engine it runs: such turns tell of no change.
std::vector<Drift> drifts_in(std::vector<Compared> all) {
  std::erase_if(all, [](const Compared& one) { return one.actual->site.engine_identity.empty(); });
  std::vector<Drift> out;
  const auto parts = stretches(all);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    auto drift =
        drift_between(change_in_words(parts[i - 1].back().actual->site, parts[i].front().actual->site),
                      parts[i - 1], parts[i]);
    if (drift) out.push_back(std::move(*drift));
  }
  if (parts.empty() || parts.back().size() < 2 * kLast) return out;
  const auto now = parts.back();
  out.push_back(
      *drift_between(fmt::format("the last {} turns against the {} before", kLast, now.size() - kLast),
                     now.first(now.size() - kLast), now.last(kLast)));
  return out;
}

// Of the promised turns; nullopt if none told.
std::optional<double> median_first_token(std::span<const Compared> all) {
  std::vector<double> seconds;
  for (const Compared& one : all) {
    if (one.actual->first_token) seconds.push_back(one.actual->first_token->value);
  }
  return seconds.empty() ? std::nullopt : std::optional(quantile(seconds, 0.5));
}

double median_turn(std::span<const Compared> all) {
  std::vector<double> turns;
  for (const Compared& one : all) turns.push_back(one.actual->turn->value);
  return quantile(turns, 0.5);
}

// By how much the median of these is above the high end of what was forecast: 1 is just at it.
double against_high(std::span<const Compared> all) {
  std::vector<double> shares;
  for (const Compared& one : all) shares.push_back(*one.actual->turn / one.forecast.high);
  return quantile(shares, 0.5);
}

void judge(const Promise& promise, std::span<const Compared> recent, Outcome& out) {
  std::vector<Compared> promised;
  for (const Compared& one : recent) {
    if (is_promised_turn(promise, *one.actual)) promised.push_back(one);
  }
  const auto& budget = promise.workload.turn_budget;
  const auto& first_budget = promise.workload.first_token_budget;
  const auto first = median_first_token(promised);
  const double above = against_high(recent);
  out.standing = Standing::kBroken;
  if (budget && !promised.empty() && median_turn(promised) > budget->value) {
    out.reason = fmt::format("the turn takes {}, more than the {} allowed",
                             format_seconds(Seconds(median_turn(promised))), format_seconds(*budget));
  } else if (first_budget && first && *first > first_budget->value) {
    out.reason = fmt::format("the first token takes {}, more than the {} allowed",
                             format_seconds(Seconds(*first)), format_seconds(*first_budget));
  } else if (above > 1) {
    out.reason = fmt::format("turns take {:.0f} % longer than the most that was promised", (above - 1) * 100);
  } else {
    out.standing = Standing::kKept;
    out.reason = fmt::format("the turn takes {}", format_seconds(*out.median_turn));
  }
}

// Where nothing was forecast, the budget alone was promised.
void judge_by_budget(const Promise& promise, std::span<const Actual> actuals, Outcome& out) {
  const auto& budget = promise.workload.turn_budget;
  std::vector<double> turns;
  for (const Actual& actual : actuals) {
    if (actual.turn && is_promised_turn(promise, actual)) turns.push_back(actual.turn->value);
  }
  if (!budget || turns.empty()) return;
  out.last_turn = Seconds(turns.back());
  out.median_turn = Seconds(quantile(turns, 0.5));
  const bool kept = *out.median_turn <= *budget;
  out.standing = kept ? Standing::kKept : Standing::kBroken;
  out.reason = fmt::format("the turn takes {}, {} the {} allowed", format_seconds(*out.median_turn),
                           kept ? "within" : "more than", format_seconds(*budget));
}

}  // namespace

std::string_view standing_name(Standing standing) {
  switch (standing) {
    case Standing::kUntested:
      return "untested";
    case Standing::kKept:
      return "kept";
    case Standing::kBroken:
      return "broken";
  }
  return "untested";
}

bool is_promised_turn(const Promise& promise, const Actual& actual) {
  const Workload& turn = promise.workload;
  return actual.prompt_tokens.value_or(turn.prompt_tokens) == turn.prompt_tokens &&
         actual.cached_tokens.value_or(turn.cached_tokens) == turn.cached_tokens &&
         actual.reply_tokens.value_or(turn.reply_tokens) == turn.reply_tokens &&
         actual.depth_tokens.value_or(turn.depth_tokens) == turn.depth_tokens &&
         actual.concurrency == turn.sessions;
}

std::optional<Interval<Seconds>> turn_forecast(const Promise& promise, const Actual& actual) {
  if (actual.forecast.turn) return actual.forecast.turn;
  return is_promised_turn(promise, actual) ? promise.times.turn : std::nullopt;
}

Outcome outcome_of(const Promise& promise, std::span<const Actual> actuals) {
  const std::vector<Compared> all = comparable(promise, actuals);
  Outcome out{.actuals = actuals.size(), .compared = all.size()};
  if (all.empty()) {
    judge_by_budget(promise, actuals, out);
    return out;
  }
  for (const Compared& one : all) {
    const Seconds turn = *one.actual->turn;
    out.inside += turn >= one.forecast.low && turn <= one.forecast.high ? 1 : 0;
  }
  const std::span recent = std::span(all).last(std::min(all.size(), kRecent));
  out.last_turn = all.back().actual->turn;
  out.median_turn = Seconds(median_turn(recent));
  out.bias = median_ratio(all) - 1;
  judge(promise, recent, out);
  out.drifts = drifts_in(all);
  return out;
}

}  // namespace tokcast
