#include "cli/promises_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "base/text.h"
#include "cli/forecast_text.h"
#include "cli/interval_plot.h"
#include "cli/table.h"
#include "cli/workload_options.h"

namespace tokcast {
namespace {

std::string date(std::int64_t unix_time) {
  const std::time_t time = unix_time;
  std::tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) return "?";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min);
}

std::string seconds_or_dash(const std::optional<Seconds>& seconds) {
  return seconds ? format_number(seconds->value) : "-";
}

Colour colour_of(Standing standing) {
  if (standing == Standing::kKept) return Colour::kGreen;
  return standing == Standing::kBroken ? Colour::kRed : Colour::kDim;
}

std::vector<Cell> row_of(const Account& account) {
  const Promise& promise = account.promise;
  const Outcome& outcome = account.outcome;
  std::string promised = promise.times.turn ? seconds_span(*promise.times.turn) : "-";
  if (promised.ends_with(" s")) promised.resize(promised.size() - 2);
  return {{std::to_string(promise.id)},
          {printable(promise.model)},
          {printable(promise.quantization)},
          {promised},
          {seconds_or_dash(outcome.last_turn)},
          {seconds_or_dash(outcome.median_turn)},
          {std::to_string(outcome.actuals)},
          {outcome.compared > 0 ? fmt::format("{}/{}", outcome.inside, outcome.compared) : "-"},
          {std::string(standing_name(outcome.standing)), colour_of(outcome.standing)}};
}

std::string percent(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

std::string headline(std::span<const Account> accounts) {
  const auto count = [&](Standing standing) {
    return std::ranges::count_if(accounts, [&](const Account& a) { return a.outcome.standing == standing; });
  };
  std::string out = fmt::format("{} kept, {} broken, {} untested.", count(Standing::kKept),
                                count(Standing::kBroken), count(Standing::kUntested));
  const Coverage coverage = coverage_of(accounts);
  if (coverage.compared == 0) return out;
  const double share = static_cast<double>(coverage.inside) / static_cast<double>(coverage.compared);
  return out + fmt::format(" Of {} turn{} {} lay within their intervals, which promise {}.",
                           coverage.compared, coverage.compared == 1 ? "" : "s", percent(share),
                           percent(kCoverage));
}

std::string drift_in_words(const Drift& drift) {
  const std::string_view way = drift.share >= 0 ? "slower" : "quicker";
  return fmt::format("{} {} after {} ({} turns before, {} after)", percent(std::abs(drift.share)), way,
                     drift.since, drift.before, drift.after);
}

std::string drift_lines(std::span<const Account> accounts, const Terminal& terminal) {
  std::string out;
  for (const Account& account : accounts) {
    for (const Drift& drift : account.outcome.drifts) {
      out += wrapped(fmt::format("{}: {}.", account.promise.id, printable(drift_in_words(drift))),
                     terminal.width, 2) +
             "\n";
    }
  }
  return out.empty() ? out : "\nChanges:\n" + out;
}

// What the promises were made for is not what is there now.
std::string file_lines(std::span<const Account> accounts, const Terminal& terminal) {
  std::string out;
  for (const Account& account : accounts) {
    const bool changed = account.file == FileState::kChanged;
    if (!changed && account.file != FileState::kGone) continue;
    out += wrapped(fmt::format("{}: {} {}.", account.promise.id, printable(*account.promise.file_path),
                               changed ? "has another content now; measure it again with `tokcast bench`"
                                       : "is gone"),
                   terminal.width, 2) +
           "\n";
  }
  return out.empty() ? out : "\nFiles:\n" + out;
}

std::string phase_in_words(const char* name, const PhaseCorrection& phase) {
  const double change = phase.factor - 1;
  return fmt::format("{} {} {}, interval {} {} wide", name, percent(std::abs(change)),
                     change >= 0 ? "slower" : "quicker", format_number(phase.reach), "times as");
}

std::string lesson_lines(std::span<const Lesson> lessons, const Terminal& terminal) {
  std::string out;
  for (const auto& [evidence, correction] : lessons) {
    if (!correction.changes_anything()) continue;
    std::string line = fmt::format("{}: ", evidence_name(evidence));
    if (correction.prefill.models > 0) line += phase_in_words("prefill", correction.prefill) + "; ";
    if (correction.decode.models > 0) line += phase_in_words("decode", correction.decode) + "; ";
    line += fmt::format("from {} models and {} actuals.",
                        std::max(correction.prefill.models, correction.decode.models),
                        std::max(correction.prefill.actuals, correction.decode.actuals));
    out += wrapped(line, terminal.width, 2) + "\n";
  }
  return out.empty() ? out : "\nWhat that changes in forecasts here, against before:\n" + out;
}

std::string stage_lines(std::span<const StageMedians> stages, const Terminal& terminal) {
  if (stages.empty()) return "";
  std::vector<std::vector<Cell>> rows;
  for (const StageMedians& one : stages) {
    rows.push_back({{std::string(served_kind_name(one.kind))},
                    {printable(one.by)},
                    {std::to_string(one.done)},
                    {seconds_or_dash(one.stages.recognition)},
                    {seconds_or_dash(one.stages.queue)},
                    {seconds_or_dash(one.stages.first_token)},
                    {seconds_or_dash(one.stages.reply)},
                    {seconds_or_dash(one.stages.synthesis)},
                    {seconds_or_dash(one.stages.first_audio)},
                    {seconds_or_dash(one.stages.total)}});
  }
  const std::vector<Column> columns{
      {"served"},        {"by"},          {"done", true, 1},   {"heard", true},   {"queue", true, 2},
      {"token 1", true}, {"reply", true}, {"spoken", true, 3}, {"sound 1", true}, {"all", true}};
  return "\nStages of what was served here, medians in seconds:\n" +
         format_table(columns, std::move(rows), terminal);
}

// As it would have been without what the past had taught.
template <typename Quantity>
std::string before_in_words(const std::optional<Interval<Quantity>>& rates, const PhaseCorrection& by) {
  if (!rates || by.models == 0 || rates->low.value <= 0) return "";
  const double expected = rates->expected.value * by.factor;
  const auto reach = [&](Quantity bound) {
    return expected * std::pow(bound / rates->expected, 1 / by.reach);
  };
  return fmt::format(" (without the past {}–{})", format_number(reach(rates->low)),
                     format_number(reach(rates->high)));
}

std::string rates_in_words(const std::optional<Interval<TokensPerSecond>>& rates, const PhaseCorrection& by) {
  return fmt::format("{}–{} tokens/s{}", format_number(rates->low.value), format_number(rates->high.value),
                     before_in_words(rates, by));
}

using Lines = std::vector<std::pair<std::string, std::string>>;

void add_times(Lines& lines, const Promise& promise) {
  const PromisedTimes& times = promise.times;
  if (times.turn) lines.emplace_back("Whole turn", seconds_span(*times.turn));
  if (times.first_token) lines.emplace_back("First token", seconds_span(*times.first_token));
  if (times.prefill) lines.emplace_back("Prefill", rates_in_words(times.prefill, promise.correction.prefill));
  if (times.decode) lines.emplace_back("Decode", rates_in_words(times.decode, promise.correction.decode));
  if (times.load) lines.emplace_back("Load", seconds_span(*times.load) + " with the file in memory");
}

std::string actuals_table(const Account& account, const Terminal& terminal) {
  std::vector<std::vector<Cell>> rows;
  for (const Actual& actual : account.actuals) {
    const auto forecast = turn_forecast(account.promise, actual);
    const bool inside =
        forecast && actual.turn && *actual.turn >= forecast->low && *actual.turn <= forecast->high;
    rows.push_back({{date(actual.unix_time)},
                    {std::string(actual_kind_name(actual.kind))},
                    {seconds_or_dash(actual.first_token)},
                    {seconds_or_dash(actual.turn)},
                    {forecast ? seconds_span(*forecast) : "-"},
                    {!forecast || !actual.turn ? "-" : (inside ? "inside" : "outside"),
                     inside ? Colour::kGreen : Colour::kPlain},
                    {std::to_string(actual.concurrency)},
                    {printable(actual.site.engine_version.empty() ? "-" : actual.site.engine_version)}});
  }
  return format_table({{"when, UTC"},
                       {"by"},
                       {"first s", true, 3},
                       {"turn s", true},
                       {"forecast", true},
                       {""},
                       {"at once", true, 2},
                       {"engine", false, 1}},
                      std::move(rows), terminal);
}

}  // namespace

Coverage coverage_of(std::span<const Account> accounts) {
  Coverage out;
  for (const Account& account : accounts) {
    out.compared += account.outcome.compared;
    out.inside += account.outcome.inside;
  }
  return out;
}

std::string promises_text(std::span<const Account> accounts, std::span<const Lesson> lessons,
                          std::span<const StageMedians> stages, const Terminal& terminal) {
  if (accounts.empty()) {
    return "Nothing was promised yet. `tokcast bench FILE` measures a model and keeps its promise;\n"
           "`tokcast promises accept MODEL` keeps a forecast.\n" +
           stage_lines(stages, terminal);
  }
  const std::vector<Column> columns{{"id", true},         {"model"},           {"quant", false, 2},
                                    {"promised s", true}, {"last s", true, 3}, {"median s", true},
                                    {"actuals", true, 1}, {"inside", true, 4}, {""}};
  std::vector<std::vector<Cell>> rows;
  for (const Account& account : accounts) rows.push_back(row_of(account));
  return wrapped(headline(accounts), terminal.width) + "\n\n" +
         format_table(columns, std::move(rows), terminal) + drift_lines(accounts, terminal) +
         file_lines(accounts, terminal) + lesson_lines(lessons, terminal) + stage_lines(stages, terminal);
}

std::string promise_text(const Account& account, const Terminal& terminal) {
  const Promise& promise = account.promise;
  const Outcome& outcome = account.outcome;
  std::string head = fmt::format("Promise {}: {} {}, {}.", promise.id, printable(promise.model),
                                 printable(promise.quantization), standing_name(outcome.standing));
  if (!outcome.reason.empty()) head += fmt::format(" In the median {}.", outcome.reason);
  Lines lines{{"Turn", turn_in_words(promise.workload)}};
  if (promise.workload.turn_budget)
    lines.emplace_back("Budget", fmt::format("{} s", promise.workload.turn_budget->value));
  add_times(lines, promise);
  lines.emplace_back("Evidence", fmt::format("{}: {}", evidence_name(promise.evidence), promise.source));
  lines.emplace_back("Accepted",
                     fmt::format("{} by {}", date(promise.unix_time), accepted_by_name(promise.accepted_by)));
  lines.emplace_back("Machine", fmt::format("{}, {} threads", promise.site.machine_name, promise.threads));
  lines.emplace_back("Engine", promise.site.engine_version);
  if (promise.file_path) lines.emplace_back("File", printable(*promise.file_path));
  // Enough of it to compare by eye within 80 columns; the JSON has it whole.
  if (promise.file_sha256) lines.emplace_back("SHA-256", promise.file_sha256->substr(0, 32) + " ...");
  std::string out = coloured(wrapped(head, terminal.width), colour_of(outcome.standing), terminal.colour) +
                    "\n\n" + format_definitions(lines, terminal);
  if (!account.actuals.empty()) out += "\n" + actuals_table(account, terminal);
  return out + drift_lines(std::span(&account, 1), terminal) + file_lines(std::span(&account, 1), terminal);
}

std::string promises_plot(std::span<const Account> accounts, bool unicode, const Terminal& terminal) {
  std::vector<PlotRow> rows;
  for (const Account& account : accounts) {
    const auto& turn = account.promise.times.turn;
    PlotRow row{.label = fmt::format("{} {}", account.promise.id, printable(account.promise.model)),
                .colour = colour_of(account.outcome.standing)};
    if (turn) row.bar = PlotRow::Bar{turn->low.value, turn->expected.value, turn->high.value};
    if (const auto& budget = account.promise.workload.turn_budget) row.budget = budget->value;
    for (const Actual& actual : account.actuals) {
      if (actual.turn && is_promised_turn(account.promise, actual)) row.dots.push_back(actual.turn->value);
    }
    if (row.bar || !row.dots.empty()) rows.push_back(std::move(row));
  }
  return interval_plot(rows, "s", unicode, terminal);
}

}  // namespace tokcast
