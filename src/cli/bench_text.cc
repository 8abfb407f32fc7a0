#include "cli/bench_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/statistics.h"
#include "base/text.h"
#include "cli/forecast_text.h"
#include "cli/table.h"
#include "cli/workload_options.h"
#include "ledger/ledger_json.h"

namespace tokcast {
namespace {

// As many digits as three runs deserve.
std::string number(double value) {
  if (value >= 99.5) return fmt::format("{:.0f}", value);
  return value >= 0.095 ? fmt::format("{:.1f}", value) : fmt::format("{:.3f}", value);
}

template <typename Quantity>
std::string span(const Interval<Quantity>& interval) {
  const std::string low = number(interval.low.value);
  const std::string high = number(interval.high.value);
  return low == high ? low : fmt::format("{}–{}", low, high);
}

// Where the median lies in what was promised. A rate above the promise is as good as a time below it.
template <typename Quantity>
Cell place(const Interval<Quantity>& measured, const Interval<Quantity>& promised, bool more_is_better) {
  const auto median = measured.expected;
  if (median >= promised.low && median <= promised.high) return {"as promised", Colour::kGreen};
  const bool better = (median > promised.high) == more_is_better;
  return better ? Cell{"better", Colour::kGreen} : Cell{"worse", Colour::kRed};
}

using Rows = std::vector<std::vector<Cell>>;

template <typename Quantity>
void add_row(Rows& rows, const char* name, const std::optional<Interval<Quantity>>& measured,
             const std::optional<Interval<Quantity>>& promised, bool more_is_better) {
  if (!measured) return;
  rows.push_back({{name},
                  {number(measured->expected.value)},
                  {span(*measured)},
                  {promised ? span(*promised) : "-"},
                  promised ? place(*measured, *promised, more_is_better) : Cell{"-"}});
}

std::string stage_table(const BenchReport& report, const Terminal& terminal) {
  const MeasuredTurn& is = report.turn;
  const PromisedTimes& was = report.promise.times;
  Rows rows;
  add_row(rows, "load from disk, s", is.cold_load, was.cold_load, false);
  add_row(rows, "load from memory, s", is.load, was.load, false);
  add_row(rows, "first token, s", is.first_token, was.first_token, false);
  add_row(rows, "whole turn, s", is.turn, was.turn, false);
  add_row(rows, "prefill, tokens/s", is.prefill, was.prefill, true);
  add_row(rows, "decode, tokens/s", is.decode, was.decode, true);
  return format_table({{"measured"}, {"median", true}, {"all", true, 1}, {"promised", true}, {""}},
                      std::move(rows), terminal);
}

std::string headline(const BenchReport& report) {
  const char* verb = report.verdict == Verdict::kKeeps    ? "keeps its budget"
                     : report.verdict == Verdict::kAtRisk ? "may miss its budget"
                                                          : "breaks its budget";
  const auto& budget = report.promise.workload.turn_budget;
  return fmt::format("{} {}: {} takes {}{}.", model_label(report.shape), verb,
                     turn_in_words(report.promise.workload), format_seconds(report.turn.turn->expected),
                     budget ? fmt::format(" (budget {} s)", budget->value) : "");
}

std::string promise_in_words(const BenchReport& report) {
  const Promise& promise = report.promise;
  if (!promise.times.turn) return fmt::format("{}, nothing was known of its times", promise.id);
  return fmt::format("{}, {}: {}, {} ({})", promise.id,
                     report.promised_now
                         ? "forecast just before"
                         : fmt::format("accepted by {}", accepted_by_name(promise.accepted_by)),
                     seconds_span(*promise.times.turn), evidence_name(promise.evidence), promise.source);
}

std::string others_in_words(const Contention& contention) {
  if (!contention.cpu_pressure_share && !contention.stolen_share) return "not known";
  std::string out;
  if (contention.cpu_pressure_share) {
    out = fmt::format("tasks waited for a processor {:.0f} % of the time",
                      *contention.cpu_pressure_share * 100);
  }
  if (contention.stolen_share) {
    out += fmt::format("{}the hypervisor took {:.0f} %", out.empty() ? "" : ", ",
                       *contention.stolen_share * 100);
  }
  return out;
}

std::string together_in_words(const BatchedRun& run) {
  std::vector<double> turns;
  std::vector<double> rates;
  for (const BatchedSample& sample : run.samples) {
    turns.push_back(sample.turn().value);
    if (run.generate > 0) rates.push_back(run.generate / sample.decode.value);
  }
  std::string out = fmt::format("{} sessions: the turn takes {} for each", run.sessions,
                                format_seconds(Seconds(quantile(turns, 0.5))));
  if (!rates.empty()) out += fmt::format(", {} tokens/s each", number(quantile(rates, 0.5)));
  return out;
}

std::vector<std::pair<std::string, std::string>> details(const BenchReport& report) {
  std::vector<std::pair<std::string, std::string>> out;
  out.emplace_back("Promise", promise_in_words(report));
  if (report.together) out.emplace_back("At once", together_in_words(*report.together));
  if (!report.measurement.not_cold.empty())
    out.emplace_back("From disk", "not measured: " + report.measurement.not_cold);
  out.emplace_back("Samples", fmt::format("{} whole turns in {}", report.turn.turns,
                                          format_seconds(report.measurement.wall)));
  out.emplace_back("Others", others_in_words(report.actual.contention));
  out.emplace_back(
      "Machine", fmt::format("{}, {} threads", report.actual.site.machine_name, report.measurement.threads));
  out.emplace_back("Engine", report.actual.site.engine_version);
  return out;
}

template <typename Quantity>
Json interval_or_null(const std::optional<Interval<Quantity>>& interval) {
  if (!interval) return {};
  return {{"fastest", interval->low.value},
          {"median", interval->expected.value},
          {"slowest", interval->high.value}};
}

// A high rate is a fast one.
Json rates_or_null(const std::optional<Interval<TokensPerSecond>>& rates) {
  if (!rates) return {};
  return {{"fastest", rates->high.value}, {"median", rates->expected.value}, {"slowest", rates->low.value}};
}

Json together_json(const std::optional<BatchedRun>& run) {
  if (!run) return {};
  Json samples = Json::array();
  for (const BatchedSample& sample : run->samples) {
    samples.push_back({{"prefill_seconds", sample.prefill.value}, {"decode_seconds", sample.decode.value}});
  }
  return {{"sessions", run->sessions},
          {"prompt_tokens", run->prompt},
          {"generated_tokens", run->generate},
          {"samples", std::move(samples)}};
}

}  // namespace

Verdict verdict_of(const MeasuredTurn& turn, const Workload& workload) {
  Verdict verdict = turn.turn ? Verdict::kKeeps : Verdict::kUnknown;
  const auto judge = [&](const std::optional<Interval<Seconds>>& is, const std::optional<Seconds>& budget) {
    if (!is || !budget || is->high <= *budget) return;
    verdict = std::max(verdict, is->expected > *budget ? Verdict::kBreaks : Verdict::kAtRisk);
  };
  judge(turn.turn, workload.turn_budget);
  judge(turn.first_token, workload.first_token_budget);
  return verdict;
}

std::string bench_text(const BenchReport& report, const Terminal& terminal) {
  const Colour colour = report.verdict == Verdict::kKeeps    ? Colour::kGreen
                        : report.verdict == Verdict::kAtRisk ? Colour::kYellow
                                                             : Colour::kRed;
  return coloured(wrapped(headline(report), terminal.width), colour, terminal.colour) + "\n\n" +
         stage_table(report, terminal) + "\n" + format_definitions(details(report), terminal);
}

Json bench_to_json(const BenchReport& report) {
  const MeasuredTurn& turn = report.turn;
  Json measured{{"load_seconds", interval_or_null(turn.cold_load)},
                {"cached_load_seconds", interval_or_null(turn.load)},
                {"first_token_seconds", interval_or_null(turn.first_token)},
                {"turn_seconds", interval_or_null(turn.turn)},
                {"prefill_tokens_per_second", rates_or_null(turn.prefill)},
                {"decode_tokens_per_second", rates_or_null(turn.decode)}};
  const std::string& not_cold = report.measurement.not_cold;
  return {{"schema", "tokcast.bench/1"},
          {"path", report.path},
          {"model",
           {{"id", report.shape.id},
            {"architecture", report.shape.architecture},
            {"quantization", report.shape.quantization},
            {"parameters", report.shape.parameters()}}},
          {"promise", promise_to_json(report.promise)},
          {"promised_before", !report.promised_now},
          {"measured", std::move(measured)},
          {"not_from_disk_because", not_cold.empty() ? Json() : Json(not_cold)},
          {"turns", turn.turns},
          {"wall_seconds", report.measurement.wall.value},
          {"involuntary_switches", report.measurement.involuntary_switches},
          {"actual", actual_to_json(report.actual)},
          {"together", together_json(report.together)},
          {"verdict", verdict_name(report.verdict)}};
}

}  // namespace tokcast
