#include "cli/recommend_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <vector>

#include "base/text.h"
#include "cli/forecast_text.h"

namespace tokcast {
namespace {

constexpr std::size_t kIndent = 2;

// A rank of the list: those that fit come first, those that do not last.
std::span<const Candidate> fitting(const Recommendation& answer) {
  const auto end = std::ranges::find(answer.ranked, Verdict::kDoesNotFit,
                                     [](const Candidate& c) { return c.forecast.verdict; });
  return {answer.ranked.begin(), end};
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
      return "No model fits this machine.";
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
  for (const auto& [source, names] : by_source) {
    notes.push_back(fmt::format("Estimated, {}: {}.", printable(source), some_of(names)));
  }
}

void add_problems(std::vector<std::string>& notes, std::span<const Candidate> candidates) {
  for (const Candidate& one : candidates) {
    if (!one.problem) continue;
    notes.push_back(
        fmt::format("{} could not be rehearsed: {}.", model_label(one.shape), printable(*one.problem)));
  }
}

void add_not_fitting(std::vector<std::string>& notes, std::span<const Candidate> candidates) {
  constexpr std::size_t kShown = 6;
  for (std::size_t i = 0; i < std::min(candidates.size(), kShown); ++i) {
    notes.push_back(fmt::format("{} does not fit: {}.", model_label(candidates[i].shape),
                                printable(candidates[i].forecast.reasons.front())));
  }
  if (candidates.size() > kShown) {
    notes.push_back(fmt::format("{} more do not fit (--json lists them).", candidates.size() - kShown));
  }
}

// What was not rehearsed, one note for each reason; what does not fit has notes of its own.
void add_skipped(std::vector<std::string>& notes, const Recommendation& answer, Seconds effort) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const Skipped& one : answer.skipped) {
    const auto has_note = [&one](const Candidate& c) { return c.shape.id == one.model && c.problem; };
    if (one.why == "does not fit" || std::ranges::any_of(answer.ranked, has_note)) continue;
    by_reason[one.why].push_back(printable(one.model));
  }
  for (const auto& [why, models] : by_reason) {
    notes.push_back(fmt::format("Not rehearsed, {}: {}.", printable(why), some_of(models)));
  }
  if (answer.not_reached == 0) return;
  const Seconds missing = RecommendOptions{}.allowance_each * static_cast<double>(answer.not_reached);
  notes.push_back(
      fmt::format("{} of {} models rehearsed; {} not reached in {}. Rehearsals are kept: the same command "
                  "again goes on, or all at once with --effort {:.0f}.",
                  answer.rehearsed, answer.ranked.size(), answer.not_reached, format_seconds(effort),
                  (effort + missing).value));
}

std::string next_command(const Recommendation& answer, const std::string& name) {
  const Candidate& first = leading(answer);
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

}  // namespace

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

std::string recommendation_text(const Recommendation& answer, const ForecastContext& context, Seconds effort,
                                const std::string& leading_name, const Terminal& terminal) {
  const auto fits = fitting(answer);
  std::vector<std::string> notes;
  const auto does_not_fit = std::span(answer.ranked).subspan(fits.size());
  std::string out =
      coloured(wrapped(advice(answer, context), terminal.width), Colour::kBold, terminal.colour) + "\n";
  const std::string machine =
      fmt::format("{}, {} {}", context.machine_name, context.engine_name, context.engine_build);
  out += wrapped(printable(machine), terminal.width) + "\n";
  if (!fits.empty()) {
    out += "\n" + forecast_table(fits, terminal);
    notes.emplace_back("Seconds to the first token and for the whole turn: 9 in 10 lie between low–high.");
  }
  add_sources(notes, fits);
  add_problems(notes, fits);
  add_not_fitting(notes, does_not_fit);
  add_skipped(notes, answer, effort);
  if (!notes.empty()) out += "\n";
  for (const std::string& note : notes) out += wrapped(note, terminal.width, kIndent) + "\n";
  return out + "\n" + wrapped(next_command(answer, shell_word(leading_name)), terminal.width, kIndent) + "\n";
}

}  // namespace tokcast
