#include "cli/recommend_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "cli/forecast_text.h"

namespace tokcast {
namespace {

// "A, B and 3 more".
std::string some_of(const std::vector<std::string>& names, std::size_t most = 5) {
  const std::size_t shown = std::min(names.size(), most);
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
  for (const Candidate& one : candidates) {
    if (is_too_short(one)) {
      short_ones.push_back(printable(one.shape.id));
    } else {
      large_ones.push_back(model_label(one.shape));  // a smaller quantisation may fit
    }
  }
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

// Those that were not rehearsed for the same reason.
struct SkippedTogether {
  std::string why;
  std::vector<std::string> models;
};

// Each reason where its best model ranks; what does not fit or failed has a note of its own.
std::vector<SkippedTogether> skipped_by_reason(const Recommendation& answer) {
  std::vector<SkippedTogether> out;
  for (const Skipped& one : answer.skipped) {
    const auto has_note = [&one](const Candidate& c) {
      const bool noted = c.problem || c.forecast.verdict == Verdict::kDoesNotFit;
      return noted && c.shape.id == one.model && c.shape.quantization == one.quantization;
    };
    if (std::ranges::any_of(answer.ranked, has_note)) continue;
    auto group = std::ranges::find(out, one.why, &SkippedTogether::why);
    if (group == out.end()) group = out.insert(out.end(), SkippedTogether{one.why, {}});
    group->models.push_back(
        printable(one.quantization.empty() ? one.model : one.model + " " + one.quantization));
  }
  return out;
}

// "Not rehearsed: A, B and 3 more (why); C (why)."
void add_skipped(std::vector<std::string>& notes, const Recommendation& answer) {
  constexpr std::size_t kShownEach = 3;
  std::vector<std::string> groups;
  for (const auto& [why, models] : skipped_by_reason(answer))
    groups.push_back(fmt::format("{} ({})", some_of(models, kShownEach), printable(why)));
  if (!groups.empty()) notes.push_back(fmt::format("Not rehearsed: {}.", fmt::join(groups, "; ")));
}

void add_not_reached(std::vector<std::string>& notes, const Recommendation& answer, Seconds effort) {
  if (answer.not_reached == 0) return;
  const Seconds missing = RecommendOptions{}.allowance_each * static_cast<double>(answer.not_reached);
  notes.push_back(
      fmt::format("{} of {} models rehearsed{}; {} not reached in {}. Rehearsals are kept: the same command "
                  "again goes on, or all at once with --effort {:.0f}.",
                  answer.rehearsed, answer.ranked.size(),
                  answer.measured > 0 ? fmt::format(", {} measured", answer.measured) : "",
                  answer.not_reached, format_seconds(effort), (effort + missing).value));
}

}  // namespace

std::span<const Candidate> fitting(const Recommendation& answer) {
  const auto end = std::ranges::find(answer.ranked, Verdict::kDoesNotFit,
                                     [](const Candidate& c) { return c.forecast.verdict; });
  return {answer.ranked.begin(), end};
}

bool is_too_short(const Candidate& one) {
  return one.shape.context_length && one.forecast.workload.context_tokens > *one.shape.context_length;
}

std::vector<std::string> recommendation_notes(const Recommendation& answer, std::span<const Candidate> listed,
                                              Seconds effort) {
  const auto fits = fitting(answer);
  std::vector<std::string> notes;
  if (!listed.empty())
    notes.emplace_back("Seconds to the first token and for the whole turn: 9 in 10 lie between low–high.");
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
  add_skipped(notes, answer);
  add_not_reached(notes, answer, effort);
  return notes;
}

}  // namespace tokcast
