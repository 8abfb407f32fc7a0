#include "bench/regret_judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace tokcast {
namespace {

// The order among models that all answer in time.
bool preferred(const Candidate& a, const Candidate& b) {
  return RankKey(a.shape, a.forecast, a.merit).preferred_to(RankKey(b.shape, b.forecast, b.merit));
}

const Candidate* best_in_truth(std::span<const Candidate> ranked,
                               const std::map<std::string, MeasuredTurn>& truth, Seconds budget) {
  const Candidate* best = nullptr;
  for (const Candidate& one : ranked) {
    const auto measured = truth.find(model_key(one.shape));
    if (measured == truth.end() || measured->second.middle > budget) continue;
    if (best == nullptr || preferred(one, *best)) best = &one;
  }
  return best;
}

double points(const Candidate& one) {
  return one.merit.quality ? one.merit.quality->cautious() : 0;
}

std::string forecast_words(const Candidate& one) {
  const std::string verdict(verdict_name(one.forecast.verdict));
  if (!one.forecast.turn) return verdict;
  const auto& turn = one.forecast.turn->turn;
  return fmt::format("{}, {} to {} s, {}", verdict, format_number(turn.low.value),
                     format_number(turn.high.value), evidence_name(one.forecast.turn->evidence));
}

}  // namespace

std::string model_key(const Shape& shape) {
  return shape.id + " " + shape.quantization;
}

Regret judge(std::span<const Candidate> ranked, const std::map<std::string, MeasuredTurn>& truth,
             Seconds budget) {
  Regret out{.budget = budget};
  const auto first =
      std::ranges::find(ranked, Verdict::kKeeps, [](const Candidate& one) { return one.forecast.verdict; });
  const Candidate* chosen = first == ranked.end() ? nullptr : &*first;
  const Candidate* best = best_in_truth(ranked, truth, budget);
  if (best != nullptr) out.best = model_key(best->shape);
  if (chosen != nullptr) {
    out.chosen = model_key(chosen->shape);
    const auto measured = truth.find(*out.chosen);
    out.chosen_keeps = measured != truth.end() && measured->second.middle <= budget;
  }
  if (best == nullptr || out.chosen == out.best) return out;
  out.points_lost = points(*best) - (chosen == nullptr ? 0 : points(*chosen));
  out.why = forecast_words(*best);
  return out;
}

std::string regret_report(std::span<const Regret> all, std::span<const Candidate> ranked,
                          const std::map<std::string, MeasuredTurn>& truth) {
  std::string out =
      "| model | quality | measured turn, s (least, median, most) | forecast, s |\n|---|---|---|---|\n";
  for (const Candidate& one : ranked) {
    const auto measured = truth.find(model_key(one.shape));
    const std::string seconds = measured == truth.end()
                                    ? "not measured"
                                    : fmt::format("{} {} {}", format_number(measured->second.least.value),
                                                  format_number(measured->second.middle.value),
                                                  format_number(measured->second.most.value));
    out += fmt::format("| {} | {:.0f} | {} | {} |\n", model_key(one.shape), points(one), seconds,
                       forecast_words(one));
  }
  out +=
      "\n| budget, s | chosen | keeps it | best that keeps it | quality lost | why it was passed over |\n"
      "|---|---|---|---|---|---|\n";
  for (const Regret& one : all) {
    out += fmt::format("| {} | {} | {} | {} | {:.0f} | {} |\n", format_number(one.budget.value),
                       one.chosen.value_or("none"), one.chosen ? (one.chosen_keeps ? "yes" : "NO") : "-",
                       one.best.value_or("none"), one.points_lost, one.why);
  }
  return out;
}

}  // namespace tokcast
