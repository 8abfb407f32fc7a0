#include "cli/recommend_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "base/text.h"
#include "cli/forecast_text.h"
#include "cli/interval_plot.h"

namespace tokcast {
namespace {

constexpr std::size_t kIndent = 2;

// A rank of the list: those that fit come first, those that do not last.
std::span<const Candidate> fitting(const Recommendation& answer) {
  const auto end = std::ranges::find(answer.ranked, Verdict::kDoesNotFit,
                                     [](const Candidate& c) { return c.forecast.verdict; });
  return {answer.ranked.begin(), end};
}

// It was trained for less than the turn's context: more memory would not help.
bool is_too_short(const Candidate& one) {
  return one.shape.context_length && one.forecast.workload.context_tokens > *one.shape.context_length;
}

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

// "A, B and 3 more".
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  const std::size_t shown = std::min(names.size(), kShown);
  std::string out =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  return names.size() == shown ? out : fmt::format("{} and {} more", out, names.size() - shown);
}

// "Estimated, scaled from the rehearsal of A: B, C."
void add_sources(std::vector<std::string>& notes, std::span<const Candidate> candidates) {
  std::map<std::string, std::vector<std::string>> by_source;
  for (const Candidate& one : candidates) {
    const auto& turn = one.forecast.turn;
    if (turn && turn->evidence < Evidence::kRehearsed)
      by_source[turn->source].push_back(printable(one.shape.id));
  }
  // Partly on cards, each has a source of its own.
  constexpr std::size_t kMostSources = 4;
  std::vector<std::string> others;
  for (const auto& [source, names] : by_source) {
    if (by_source.size() > kMostSources && names.size() == 1) {
      others.push_back(names.front());
    } else {
      notes.push_back(fmt::format("Estimated, {}: {}.", printable(source), some_of(names)));
    }
  }
  if (!others.empty())
    notes.push_back(fmt::format("Estimated, each on its own (--json tells from what): {}.", some_of(others)));
}

void add_problems(std::vector<std::string>& notes, std::span<const Candidate> candidates) {
  for (const Candidate& one : candidates) {
    if (!one.problem) continue;
    notes.push_back(
        fmt::format("{} could not be rehearsed: {}.", model_label(one.shape), printable(*one.problem)));
  }
}

// Many at once: one note for each reason.
void add_many_not_fitting(std::vector<std::string>& notes, std::span<const Candidate> candidates) {
  std::vector<std::string> short_ones;
  std::vector<std::string> large_ones;
  for (const Candidate& one : candidates)
    (is_too_short(one) ? short_ones : large_ones).push_back(printable(one.shape.id));
  if (!large_ones.empty()) notes.push_back(some_of(large_ones) + " do not fit in memory.");
  if (!short_ones.empty()) {
    notes.push_back(fmt::format("{} were trained for less than the {} tokens of context that are asked for.",
                                some_of(short_ones), candidates.front().forecast.workload.context_tokens));
  }
}

void add_not_fitting(std::vector<std::string>& notes, std::span<const Candidate> candidates) {
  constexpr std::size_t kShown = 6;
  if (candidates.size() > kShown) return add_many_not_fitting(notes, candidates);
  for (const Candidate& one : candidates) {
    notes.push_back(
        fmt::format("{} does not fit: {}.", model_label(one.shape), printable(one.forecast.reasons.front())));
  }
}

// What was not rehearsed, one note for each reason; what does not fit has notes of its own.
void add_skipped(std::vector<std::string>& notes, const Recommendation& answer, Seconds effort) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const Skipped& one : answer.skipped) {
    const auto has_note = [&one](const Candidate& c) {
      const bool noted = c.problem || c.forecast.verdict == Verdict::kDoesNotFit;
      return noted && c.shape.id == one.model && c.shape.quantization == one.quantization;
    };
    if (std::ranges::any_of(answer.ranked, has_note)) continue;
    by_reason[one.why].push_back(
        printable(one.quantization.empty() ? one.model : one.model + " " + one.quantization));
  }
  for (const auto& [why, models] : by_reason) {
    notes.push_back(fmt::format("Not rehearsed, {}: {}.", printable(why), some_of(models)));
  }
  if (answer.not_reached == 0) return;
  const Seconds missing = RecommendOptions{}.allowance_each * static_cast<double>(answer.not_reached);
  notes.push_back(
      fmt::format("{} of {} models rehearsed{}; {} not reached in {}. Rehearsals are kept: the same command "
                  "again goes on, or all at once with --effort {:.0f}.",
                  answer.rehearsed, answer.ranked.size(),
                  answer.measured > 0 ? fmt::format(", {} measured", answer.measured) : "",
                  answer.not_reached, format_seconds(effort), (effort + missing).value));
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

Colour colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kKeeps:
      return Colour::kGreen;
    case Verdict::kAtRisk:
      return Colour::kYellow;
    case Verdict::kBreaks:
    case Verdict::kDoesNotFit:
      return Colour::kRed;
    case Verdict::kUnknown:
      break;
  }
  return Colour::kDim;
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
                .colour = colour_of(one.forecast.verdict),
                .value = span_text(turn, unicode)};
    if (const auto& budget = one.forecast.workload.turn_budget) row.budget = budget->value;
    rows.push_back(std::move(row));
  }
  return interval_plot(rows, "s", unicode, terminal);
}

std::string recommendation_text(const Recommendation& answer, const ForecastContext& context, Seconds effort,
                                const std::string& leading_name, const Terminal& terminal,
                                const RecommendationMore& more) {
  const auto fits = fitting(answer);
  const std::vector<Candidate> listed = one_of_each(fits, more.all);
  std::vector<std::string> notes;
  std::string out =
      coloured(wrapped(advice(answer, context), terminal.width), Colour::kBold, terminal.colour) + "\n";
  for (const std::string& line : choice_lines(more.choice, answer))
    out += wrapped(line, terminal.width, kIndent) + "\n";
  std::string machine = context.machine_name;
  if (!context.engine_name.empty())
    machine += fmt::format(", {} {}", context.engine_name, context.engine_build);
  out += wrapped(printable(machine), terminal.width) + "\n";
  if (!listed.empty()) {
    out += "\n" + forecast_table(listed, terminal);
    notes.emplace_back("Seconds to the first token and for the whole turn: 9 in 10 lie between low–high.");
  }
  if (std::ranges::any_of(listed, [](const Candidate& one) { return one.merit.path.has_value(); }))
    notes.emplace_back("* on this machine already.");
  if (fits.size() > listed.size()) {
    notes.push_back(
        fmt::format("{} more candidates: other quantisations of these, or further down (--all lists them).",
                    fits.size() - listed.size()));
  }
  add_sources(notes, listed);
  add_problems(notes, fits);
  add_not_fitting(notes, std::span(answer.ranked).subspan(fits.size()));
  add_skipped(notes, answer, effort);
  if (!notes.empty()) out += "\n";
  for (const std::string& note : notes) out += wrapped(note, terminal.width, kIndent) + "\n";
  return out + "\n" +
         wrapped(next_command(answer, shell_word(leading_name), context.elsewhere), terminal.width, kIndent) +
         "\n";
}

}  // namespace tokcast
