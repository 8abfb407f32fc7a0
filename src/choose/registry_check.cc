#include "choose/registry_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr double kMega = 1e6;
constexpr double kGiga = 1e9;
// Published sizes are rounded, and some count 2^20 bytes as a megabyte.
constexpr double kSizeTolerance = 0.1;

Interval<double> plain(const auto& interval) {
  return {interval.low.value, interval.expected.value, interval.high.value};
}

// Of something that shall be at most, or else at least, as promised.
PromiseStanding standing_of(double promised, const Interval<double>& actual, bool at_most) {
  const bool kept = at_most ? actual.high <= promised : actual.low >= promised;
  const bool broken = at_most ? actual.low > promised : actual.high < promised;
  if (kept) return PromiseStanding::kKept;
  return broken ? PromiseStanding::kFalse : PromiseStanding::kAtRisk;
}

std::string span(const Interval<double>& actual) {
  return fmt::format("{} to {}", format_number(actual.low), format_number(actual.high));
}

PromiseCheck compared(std::string what, double promised, const Interval<double>& actual, bool at_most,
                      std::string_view unit) {
  PromiseCheck out{.what = std::move(what), .promised = promised, .actual = actual};
  out.standing = standing_of(promised, actual, at_most);
  if (promised > 0 && actual.expected > 0) {
    out.factor = at_most ? actual.expected / promised : promised / actual.expected;
  }
  out.reason = fmt::format("{} {}, promised {}", span(actual), unit, format_number(promised));
  return out;
}

// What does not depend on the machine: is the model of the size it is said to be, and does it fit into the
// memory that is asked for?
void check_sizes(const Tier& tier, const TierForecast& forecast, std::vector<PromiseCheck>& out) {
  const auto exactly = [](double number) { return Interval<double>{number, number, number}; };
  if (tier.llm->megabytes && *tier.llm->megabytes > 0) {
    const double actual = static_cast<double>(forecast.shape.weight_bytes().value) / kMega;
    PromiseCheck check = compared("size_mb", *tier.llm->megabytes, exactly(actual), true, "MB of weights");
    const double error = std::max(actual / check.promised, check.promised / actual) - 1;
    check.standing = error <= kSizeTolerance ? PromiseStanding::kKept : PromiseStanding::kFalse;
    check.reason =
        fmt::format("{} MB of weights, said to be {}", format_number(actual), format_number(check.promised));
    out.push_back(std::move(check));
  }
  const auto memory = tier.on_gpu() ? tier.requirements.gpu_gigabytes : tier.requirements.ram_gigabytes;
  if (memory) {
    const double need = static_cast<double>(forecast.forecast.memory.total().value) / kGiga;
    out.push_back(compared(tier.on_gpu() ? "min_gpu_vram_gb" : "min_ram_gb", *memory, exactly(need), true,
                           "GB are needed for the model"));
  }
}

PromiseCheck unanswered(std::string what, double promised, PromiseStanding standing, std::string reason) {
  return {.what = std::move(what), .promised = promised, .standing = standing, .reason = std::move(reason)};
}

PromiseCheck check_turn(const Tier& tier, const TierForecast& forecast) {
  const double promised = tier.expectations.turn->value;
  constexpr const char* kWhat = "llm_latency_sec";
  const Forecast& answer = forecast.forecast;
  const std::string first = answer.reasons.empty() ? "" : answer.reasons.front();
  const bool fits = answer.verdict != Verdict::kDoesNotFit;
  if (!fits) return unanswered(kWhat, promised, PromiseStanding::kFalse, first);
  if (!answer.turn) return unanswered(kWhat, promised, PromiseStanding::kUnknown, first);
  return compared(kWhat, promised, plain(answer.turn->turn), true, "s for a turn");
}

void check_rates(const Tier& tier, const TierForecast& forecast, std::vector<PromiseCheck>& out) {
  if (!forecast.forecast.turn) return;
  const auto decode = plain(forecast.forecast.turn->decode);
  const auto check = [&](const char* what, const std::optional<double>& promised) {
    if (promised) out.push_back(compared(what, *promised, decode, false, "tokens/s"));
  };
  if (tier.on_gpu()) check("expected_tokens_per_sec_gpu", tier.llm->tokens_per_second_gpu);
  // Any processor is at least an older one. Which are modern, no registry says.
  else
    check("expected_tokens_per_sec_older_cpu", tier.llm->tokens_per_second_older);
}

Result<TierCheck> check_tier(const Tier& tier, const TierMachine& machine,
                             const TierForecaster& forecast_of) {
  TierCheck out{.tier = &tier, .unmet = unmet(tier.requirements, machine)};
  if (!tier.llm) return out;
  const auto& turn = tier.expectations.turn;
  if (!out.unmet.empty()) {
    if (turn) {
      out.promises.push_back(
          unanswered("llm_latency_sec", turn->value, PromiseStanding::kNotMade, out.unmet.front()));
    }
    return out;
  }
  auto forecast = forecast_of(tier);
  if (!forecast && forecast.error().kind == ErrorKind::kInterrupted) return std::unexpected(forecast.error());
  if (!forecast) {
    if (turn) {
      out.promises.push_back(
          unanswered("llm_latency_sec", turn->value, PromiseStanding::kUnknown, describe(forecast.error())));
    }
    return out;
  }
  if (turn) out.promises.push_back(check_turn(tier, *forecast));
  check_rates(tier, *forecast, out.promises);
  check_sizes(tier, *forecast, out.promises);
  out.forecast = std::move(*forecast);
  return out;
}

// Tenths below 2, halves below 10, then whole: a promise is a round number that is not too small.
double rounded_up(double seconds) {
  const double step = seconds < 2 ? 0.1 : seconds < 10 ? 0.5 : 1;
  double out = std::ceil(seconds / step) * step;
  // As written in decimals, not below what it was made of.
  out = std::round(out * 10) / 10;
  return out < seconds ? out + step : out;
}

std::string summary_of(const Tier& tier, const TierForecast& forecast, Seconds promised) {
  const TurnForecast& turn = *forecast.forecast.turn;
  return fmt::format("Expect {} to {} s for a reply of {} tokens to a prompt of {}, without speech",
                     format_number(turn.turn.low.value), format_number(promised.value),
                     tier.turn.reply_tokens, tier.turn.prompt_tokens);
}

TierExpectations expectations_of(const Tier& tier, const TierForecast& forecast, const std::string& machine) {
  const TurnForecast& turn = *forecast.forecast.turn;
  const Seconds promised(rounded_up(turn.turn.high.value));
  return {.turn = promised,
          .summary = summary_of(tier, forecast, promised),
          .calls = 1,
          .notes = fmt::format("Forecast for {} with {} threads; evidence: {}", printable(machine),
                               turn.threads, evidence_name(turn.evidence))};
}

}  // namespace

std::string_view standing_name(PromiseStanding standing) {
  constexpr std::array<std::string_view, 5> kNames{"kept", "at-risk", "false", "not-made", "unknown"};
  return kNames[static_cast<std::size_t>(standing)];
}

Result<std::vector<TierCheck>> check_registry(const Registry& registry, const TierMachine& machine,
                                              const TierForecaster& forecast_of) {
  std::vector<TierCheck> out;
  for (const Tier& tier : registry.tiers) {
    auto check = check_tier(tier, machine, forecast_of);
    if (!check) return std::unexpected(check.error());
    out.push_back(std::move(*check));
  }
  return out;
}

PromiseStanding worst_of(const std::vector<TierCheck>& checks) {
  PromiseStanding worst = PromiseStanding::kNotMade;
  const auto rank = [](PromiseStanding standing) {
    constexpr std::array<int, 5> kRanks{1, 3, 4, 0, 2};  // of PromiseStanding's values
    return kRanks[static_cast<std::size_t>(standing)];
  };
  for (const TierCheck& check : checks) {
    for (const PromiseCheck& promise : check.promises) {
      if (rank(promise.standing) > rank(worst)) worst = promise.standing;
    }
  }
  return worst;
}

Result<MadeRegistry> make_registry(const Registry& registry, const std::string& machine_name,
                                   const TierMachine& machine, const TierForecaster& forecast_of) {
  MadeRegistry out{.registry = registry};
  out.registry.tiers.clear();
  for (const Tier& tier : registry.tiers) {
    const auto unmet_here = unmet(tier.requirements, machine);
    if (!unmet_here.empty()) {
      out.left_out.emplace_back(tier.name, unmet_here.front());
      continue;
    }
    Tier made = tier;
    if (tier.llm) {
      const auto forecast = forecast_of(tier);
      if (!forecast && forecast.error().kind == ErrorKind::kInterrupted)
        return std::unexpected(forecast.error());
      const bool possible =
          forecast && forecast->forecast.turn && forecast->forecast.verdict != Verdict::kDoesNotFit;
      if (!possible) {
        out.left_out.emplace_back(tier.name, !forecast ? describe(forecast.error())
                                             : forecast->forecast.reasons.empty()
                                                 ? "nothing is known"
                                                 : forecast->forecast.reasons.front());
        continue;
      }
      made.expectations = expectations_of(tier, *forecast, machine_name);
      made.turn.turn_budget = made.expectations.turn;
      made.llm->tokens_per_second_gpu = made.llm->tokens_per_second_modern =
          made.llm->tokens_per_second_older = {};
      made.llm->megabytes = static_cast<double>(forecast->shape.weight_bytes().value) / kMega;
    }
    made.requirements.not_honoured.clear();
    out.registry.tiers.push_back(std::move(made));
  }
  return out;
}

}  // namespace tokcast
