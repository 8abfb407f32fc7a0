#include "cli/recommend_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <span>
#include <vector>

#include "base/text.h"
#include "cli/forecast_text.h"
#include "cli/interval_plot.h"
#include "cli/recommend_notes.h"

namespace tokcast {
namespace {

constexpr std::size_t kIndent = 2;

std::string advice(const Recommendation& answer, const ForecastContext& context) {
  const Candidate& first = leading(answer);
  const std::string label = model_label(first.shape);
  switch (first.forecast.verdict) {
    case Verdict::kKeeps:
      return fmt::format("Run {}: {}.", label, turn_sentence(first.forecast, context));
    case Verdict::kAtRisk:
      return fmt::format("No model is sure to keep the budget. {} may: {}.", label,
                         turn_sentence(first.forecast, context));
    case Verdict::kBreaks:
      return fmt::format("No model keeps the budget. The fastest is {}: {}.", label,
                         turn_sentence(first.forecast, context));
    case Verdict::kDoesNotFit:
      return is_too_short(first)
                 ? fmt::format("No model that fits this machine was trained for a context of {} tokens.",
                               first.forecast.workload.context_tokens)
                 : "No model fits this machine.";
    case Verdict::kUnknown:
      break;
  }
  if (first.forecast.turn && first.forecast.turn->too_busy()) {
    return fmt::format("Nothing can be recommended now: {}.", printable(first.forecast.reasons.front()));
  }
  return "No model could be rehearsed, so nothing can be recommended.";
}

std::string next_command(const Recommendation& answer, const std::string& name, bool elsewhere) {
  const Candidate& first = leading(answer);
  if (elsewhere) return fmt::format("Next, on that machine: tokcast rehearse {}", name);
  const bool guessed = first.forecast.turn && first.forecast.turn->evidence < Evidence::kRehearsed;
  if (first.forecast.turn && first.forecast.turn->too_busy())
    return "Next: the same again once the machine is quiet (`top` shows what runs)";
  if (guessed) return fmt::format("Next: tokcast rehearse {}", name);
  if (first.forecast.verdict == Verdict::kKeeps) {
    return fmt::format("Next: tokcast forecast {} --prompt 1000 --reply 200   (any other turn, at once)",
                       name);
  }
  if (first.forecast.turn)
    return "Next: a longer --budget, a smaller --prompt or --reply, or other models (--model, --all)";
  return "Next: smaller models (`tokcast models`), given with --model";
}

std::string label_of(const Candidate& one) {
  return model_label(one.shape) + (one.merit.path ? " (here already)" : "");
}

std::string reasons_text(const Pick& pick) {
  std::vector<std::string> safe;
  for (const std::string& reason : pick.reasons) safe.push_back(printable(reason));
  return fmt::format("{}", fmt::join(safe, "; "));
}

// Why the best, which one is faster, and what the next better one would take.
std::vector<std::string> choice_lines(const Choice& choice, const Recommendation& answer) {
  std::vector<std::string> out;
  if (choice.best) out.push_back(fmt::format("Why: {}.", reasons_text(*choice.best)));
  if (choice.faster) {
    const Candidate& one = answer.ranked[choice.faster->index];
    out.push_back(fmt::format("Faster: {}, {}: {}.", label_of(one), seconds_span(one.forecast.turn->turn),
                              reasons_text(*choice.faster)));
  }
  if (!choice.out_of_reach) return out;
  const Candidate& next = answer.ranked[choice.out_of_reach->index];
  std::string line = fmt::format("Just out of reach: {}{}: {}.", label_of(next),
                                 next.forecast.turn ? ", " + seconds_span(next.forecast.turn->turn) : "",
                                 reasons_text(*choice.out_of_reach));
  std::vector<std::string> ways;
  for (const Remedy& remedy : choice.remedies) ways.push_back(printable(remedy.sentence));
  if (!ways.empty()) line += fmt::format(" It would take one of: {}.", fmt::join(ways, "; "));
  out.push_back(std::move(line));
  return out;
}

// With a plain dash between low and high where the locale has no other.
std::string span_text(const Interval<Seconds>& turn, bool unicode) {
  static constexpr std::string_view kDash = "–";
  std::string out = seconds_span(turn);
  const auto dash = out.find(kDash);
  if (!unicode && dash != std::string::npos) out.replace(dash, kDash.size(), "-");
  return out;
}

}  // namespace

std::vector<Candidate> one_of_each(std::span<const Candidate> ranked, bool all) {
  constexpr std::size_t kMost = 20;
  std::vector<Candidate> out;
  std::set<std::string> seen;
  for (const Candidate& one : ranked) {
    if (!all && (out.size() == kMost || !seen.insert(one.shape.id).second)) continue;
    Candidate light{.shape = {.id = one.shape.id, .quantization = one.shape.quantization},
                    .forecast = one.forecast,
                    .problem = one.problem,
                    .merit = one.merit};
    out.push_back(std::move(light));
  }
  return out;
}

const Candidate& leading(const Recommendation& answer) {
  const auto timed = [](const Candidate& c) {
    return c.forecast.turn && c.forecast.verdict != Verdict::kDoesNotFit;
  };
  const auto found = std::ranges::find_if(answer.ranked, timed);
  return found == answer.ranked.end() ? answer.ranked.front() : *found;
}

const Candidate* recommended(const Recommendation& answer) {
  const Candidate& first = leading(answer);
  return first.forecast.verdict == Verdict::kKeeps ? &first : nullptr;
}

std::string turn_plot(std::span<const Candidate> candidates, bool unicode, const Terminal& terminal) {
  std::vector<PlotRow> rows;
  for (const Candidate& one : candidates) {
    if (!one.forecast.turn) continue;
    const auto& turn = one.forecast.turn->turn;
    PlotRow row{.label = model_label(one.shape),
                .bar = PlotRow::Bar{turn.low.value, turn.expected.value, turn.high.value},
                .colour = verdict_colour(one.forecast.verdict),
                .value = span_text(turn, unicode)};
    if (const auto& budget = one.forecast.workload.turn_budget) row.budget = budget->value;
    rows.push_back(std::move(row));
  }
  return interval_plot(rows, "s", unicode, terminal);
}

std::string recommendation_text(const Recommendation& answer, const ForecastContext& context, Seconds effort,
                                const std::string& leading_name, const Terminal& terminal,
                                const RecommendationMore& more) {
  const std::vector<Candidate> listed = one_of_each(fitting(answer), more.all);
  std::string out =
      coloured(wrapped(advice(answer, context), terminal.width), Colour::kBold, terminal.colour) + "\n";
  for (const std::string& line : choice_lines(more.choice, answer))
    out += wrapped(line, terminal.width, kIndent) + "\n";
  std::string machine = context.machine_name;
  if (!context.engine_name.empty())
    machine += fmt::format(", {} {}", context.engine_name, context.engine_build);
  out += wrapped(printable(machine), terminal.width) + "\n";
  if (!listed.empty()) out += "\n" + forecast_table(listed, terminal);
  const std::vector<std::string> notes = recommendation_notes(answer, listed, effort);
  if (!notes.empty()) out += "\n";
  for (const std::string& note : notes) out += wrapped(note, terminal.width, kIndent) + "\n";
  return out + "\n" +
         wrapped(next_command(answer, shell_word(leading_name), context.elsewhere), terminal.width, kIndent) +
         "\n";
}

}  // namespace tokcast
