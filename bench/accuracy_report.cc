#include "bench/accuracy_report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <functional>

#include "base/statistics.h"
#include "bench/accuracy_apart.h"
#include "bench/accuracy_parts.h"
#include "bench/plot.h"
#include "choose/ladder.h"
#include "forecast/cost_model.h"
#include "forecast/estimated.h"
#include "rehearse/calibration_rates.h"
#include "rehearse/extend.h"
#include "rehearse/statistics.h"

namespace tokcast {
namespace {

std::string milliseconds(double seconds) {
  return fmt::format("{:.{}f}", seconds * 1e3, seconds < 1 ? 1 : 0);
}

std::string row(const Comparison& c) {
  return fmt::format("| {} | {} | {} | {} ({}–{}, n={}) | {} ({}–{}) | {:+.1f} % | {:+.1f} % | {} |\n",
                     c.model, c.threads, c.test, milliseconds(c.truth_median()),
                     milliseconds(quantile(c.truth, 0)), milliseconds(quantile(c.truth, 1)), c.truth.size(),
                     milliseconds(c.forecast.expected.value), milliseconds(c.forecast.low.value),
                     milliseconds(c.forecast.high.value), c.error() * 100, c.quiet_error() * 100,
                     c.inside() ? "yes" : "**no**");
}

std::string summary(const std::string& name, const std::vector<Comparison>& comparisons, auto chosen) {
  std::vector<double> errors;
  std::vector<double> quiet_errors;
  std::size_t inside = 0;
  for (const Comparison& c : comparisons) {
    if (!chosen(c)) continue;
    errors.push_back(std::abs(c.error()) * 100);
    quiet_errors.push_back(std::abs(c.quiet_error()) * 100);
    inside += c.inside() ? 1 : 0;
  }
  if (errors.empty()) return "";
  return fmt::format(
      "| {} | {} | {:.1f} % | {:.1f} % | {:.1f} % | {:.1f} % | {:.1f} % | {} of {} ({:.0f} %) |\n", name,
      errors.size(), quantile(errors, 0.5), quantile(errors, 0.9), quantile(errors, 1),
      quantile(quiet_errors, 0.5), quantile(quiet_errors, 0.9), inside, errors.size(),
      100.0 * static_cast<double>(inside) / static_cast<double>(errors.size()));
}

std::string summaries(const std::vector<Comparison>& comparisons) {
  std::string out =
      "| of | n | median error | 90th percentile | largest | own speed: median | 90th percentile | inside "
      "the "
      "90 % interval |\n|---|---|---|---|---|---|---|---|\n";
  out += summary("all", comparisons, [](const Comparison&) { return true; });
  out += summary("prefill", comparisons, [](const Comparison& c) { return c.prefill; });
  out += summary("decode", comparisons, [](const Comparison& c) { return !c.prefill; });
  for (const std::uint32_t threads : {1U, 2U}) {
    out += summary(fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"), comparisons,
                   [threads](const Comparison& c) { return c.threads == threads; });
  }
  return out;
}

std::string table(const std::vector<Comparison>& comparisons) {
  std::string out =
      "\nMilliseconds; decode per token. Measured: median (least–most, number of samples).\n\n"
      "| model | threads | test | measured | forecast (90 %) | error | own speed | inside "
      "|\n|---|---|---|---|---|---|---|---|\n";
  for (const Comparison& c : comparisons) out += row(c);
  return out;
}

Result<std::string> costs(const std::vector<AccuracyRecord>& records) {
  std::string out;
  for (const AccuracyRecord& record : records) {
    if (!record.rehearsal) continue;
    if (out.empty()) {
      out = "\n| rehearsal of | threads | wrote, of the model's bytes | took |\n|---|---|---|---|\n";
    }
    const auto shape = full_shape(record.model);
    if (!shape) return std::unexpected(shape.error());
    out += fmt::format("| {} {} | {} | {:.1f} % | {:.1f} s |\n", shape->id, shape->quantization,
                       record.threads, 100 * (record.rehearsal->plan.bytes / shape->weight_bytes()),
                       record.rehearsal->wall.value);
  }
  return out;
}

}  // namespace

double Comparison::truth_median() const {
  return quantile(truth, 0.5);
}

double Comparison::quiet_error() const {
  return quiet_forecast / quiet(truth) - 1;
}

bool Comparison::inside() const {
  return truth_median() >= forecast.low.value && truth_median() <= forecast.high.value;
}

namespace {

void compare_timings(const Shape& shape, const Timings& timings, std::uint32_t depth,
                     const std::map<std::string, std::vector<double>>& truth, std::vector<Comparison>& out) {
  constexpr std::uint64_t kDecodeTokens = 8;
  const double per_token = 1.0 / kDecodeTokens;
  const std::vector<Interval<Seconds>> forecasts{prefill(shape, timings, 128, 0),
                                                 prefill(shape, timings, 512, 0),
                                                 decode(shape, timings, kDecodeTokens, 0) * per_token,
                                                 decode(shape, timings, kDecodeTokens, depth) * per_token};
  const auto tests = accuracy_tests(depth);
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const bool is_prefill = i < 2;
    const double lost = (is_prefill ? timings.prefill_share_lost : timings.decode_share_lost).value_or(0);
    out.push_back({timings.evidence, shape.id + " " + shape.quantization, timings.threads, tests[i],
                   is_prefill, forecasts[i], forecasts[i].expected.value / (1 + lost), truth.at(tests[i]),
                   is_busy(timings)});
  }
}

// A rung that cannot price this model is left out: the count of rows shows it.
Result<void> compare_rates(const Shape& shape, const AccuracyRecord& record, std::vector<Comparison>& out) {
  auto calibrated = rates_from(record.rates->calibration);
  if (!calibrated) return std::unexpected(calibrated.error());
  Ladder ladder{.calibrated = std::move(*calibrated),
                .hardware = hardware_of(record.rates->profile, record.threads)};
  if (auto rates = estimated_rates(record.rates->profile, record.threads))
    ladder.estimated = std::move(*rates);
  for (const Evidence rung : {Evidence::kCalibrated, Evidence::kEstimated, Evidence::kLookedUp}) {
    const auto timings = timings_from(ladder, shape, rung);
    if (timings) compare_timings(shape, *timings, record.depth, record.rates->truth, out);
  }
  return {};
}

std::vector<Comparison> of_rung(const std::vector<Comparison>& all, Evidence rung) {
  std::vector<Comparison> out;
  std::ranges::copy_if(all, std::back_inserter(out),
                       [rung](const Comparison& c) { return c.evidence == rung; });
  return out;
}

}  // namespace

Result<std::vector<Comparison>> compare(const AccuracyRecord& record) {
  const auto shape = full_shape(record.model);
  if (!shape) return std::unexpected(shape.error());
  std::vector<Comparison> out;
  if (record.rehearsal) {
    const auto timings = extend(*shape, *record.rehearsal);
    if (!timings) return std::unexpected(timings.error());
    compare_timings(*shape, *timings, record.depth, record.truth, out);
  }
  if (record.rates) {
    if (auto ok = compare_rates(*shape, record, out); !ok) return std::unexpected(ok.error());
  }
  return out;
}

namespace {

Result<std::vector<Comparison>> compare_all(const std::vector<AccuracyRecord>& records) {
  std::vector<Comparison> out;
  for (const AccuracyRecord& record : records) {
    const auto found = compare(record);
    if (!found) return std::unexpected(found.error());
    out.insert(out.end(), found->begin(), found->end());
  }
  return out;
}

std::string date_of(const AccuracyRecord& record) {
  const std::time_t time =
      record.rehearsal ? record.rehearsal->unix_time : record.rates->calibration.unix_time;
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(time));
}

// What a rung got in a part.
struct RungSum {
  Evidence rung = Evidence::kRehearsed;
  std::string_view title{};
  std::vector<Comparison> rows{};
  bool in_turns = true;  // measured in turns with its truth, without a disturbance of the suite's own

  std::vector<double> errors() const {
    std::vector<double> out;
    for (const Comparison& row : rows) out.push_back(std::abs(row.error()));
    return out;
  }
  std::ptrdiff_t inside() const { return std::ranges::count_if(rows, &Comparison::inside); }
  std::ptrdiff_t refused() const { return std::ranges::count_if(rows, &Comparison::too_busy); }
};

std::string sum_line(const RungSum& sum) {
  const auto percent = [errors = sum.errors()](double share) { return 100 * quantile(errors, share); };
  return fmt::format(
      "| {} | {} | {} | {:.1f} % | {:.1f} % | {:.1f} % | {} ({:.0f} %) | {} |\n", evidence_name(sum.rung),
      sum.title, sum.rows.size(), percent(0.5), percent(0.9), percent(1), sum.inside(),
      100.0 * static_cast<double>(sum.inside()) / static_cast<double>(sum.rows.size()), sum.refused());
}

// What a rung got in all parts that measure its own error.
RungSum of_all_turns(const std::vector<RungSum>& sums, Evidence rung) {
  RungSum out{.rung = rung, .title = "**all that are measured in turns, undisturbed**"};
  for (const RungSum& sum : sums) {
    if (sum.rung == rung && sum.in_turns) out.rows.insert(out.rows.end(), sum.rows.begin(), sum.rows.end());
  }
  return out;
}

// And in all that promise something, however they were measured: what an interval must hold for.
RungSum of_all_promises(const std::vector<RungSum>& sums, Evidence rung) {
  RungSum out{.rung = rung, .title = "**all that promise something**"};
  for (const RungSum& sum : sums) {
    if (sum.rung != rung) continue;
    std::ranges::copy_if(sum.rows, std::back_inserter(out.rows), std::not_fn(&Comparison::too_busy));
  }
  return out;
}

// To the millionth: what is beyond differs from one compiler to the next.
double rounded(double share) {
  return std::round(share * 1e6) / 1e6;
}

Json sum_json(const RungSum& sum) {
  return {{"evidence", evidence_name(sum.rung)},
          {"part", sum.title},
          {"forecasts", sum.rows.size()},
          {"median_error_share", rounded(quantile(sum.errors(), 0.5))},
          {"ninetieth_percentile_error_share", rounded(quantile(sum.errors(), 0.9))},
          {"largest_error_share", rounded(quantile(sum.errors(), 1))},
          {"inside", sum.inside()},
          {"too_busy", sum.refused()}};
}

constexpr std::array kRungs{Evidence::kRehearsed, Evidence::kCalibrated, Evidence::kEstimated,
                            Evidence::kLookedUp};

Evidence best_rung(const AccuracyPart& part) {
  return part.rehearse ? Evidence::kRehearsed : Evidence::kCalibrated;
}

// Medians, 90th percentiles and coverage of one part; where it was measured by itself, also each row and what
// a rehearsal took.
Result<std::string> part_block(const AccuracyPart& part, const std::vector<AccuracyRecord>& records) {
  const Evidence rung = best_rung(part);
  const auto all = compare_all(records);
  if (!all) return std::unexpected(all.error());
  const auto chosen = of_rung(*all, rung);
  const auto cost = costs(records);
  if (!cost) return std::unexpected(cost.error());
  const AccuracyRecord& first = records.front();
  const auto& machine =
      first.rehearsal ? first.rehearsal->machine_name : first.rates->calibration.machine_name;
  return fmt::format("{}. Machine: {}, kernel {}. Engine: {}.\n\n### {}\n\n", date_of(first), machine,
                     first.kernel, first.engine, evidence_name(rung)) +
         summaries(chosen) + (is_measured(part) ? table(chosen) + "\n" + *cost : "");
}

Result<std::vector<AccuracyRecord>> records_of(const std::string& directory, const AccuracyPart& part) {
  if (is_measured(part)) return read_records(fmt::format("{}/{}.jsonl", directory, part.name));
  const auto sessions = read_apart(directory, part.apart_of);
  if (!sessions) return std::unexpected(sessions.error());
  std::vector<AccuracyRecord> out;
  for (const Session& one : *sessions) out.insert(out.end(), one.begin(), one.end());
  return out;
}

}  // namespace

Result<MeasuredParts> read_parts(const std::string& directory) {
  MeasuredParts out;
  for (const AccuracyPart& part : accuracy_parts()) {
    auto records = records_of(directory, part);
    if (!records && records.error().kind == ErrorKind::kNotFound) continue;
    if (!records) return std::unexpected(records.error());
    if (!records->empty()) out.emplace(part.name, std::move(*records));
  }
  return out;
}

namespace {

// Of a part that judges by other times only the rung that it is for: the rungs below tell the same at all
// times.
bool has_rung(const AccuracyPart& part, Evidence rung) {
  return is_measured(part) || rung == best_rung(part);
}

// Rung by rung, of each part that has it.
Result<std::vector<RungSum>> rung_sums(const MeasuredParts& parts) {
  std::vector<RungSum> out;
  for (const Evidence rung : kRungs) {
    for (const AccuracyPart& part : accuracy_parts()) {
      const auto found = parts.find(std::string(part.name));
      if (found == parts.end() || !has_rung(part, rung)) continue;
      const auto all = compare_all(found->second);
      if (!all) return std::unexpected(all.error());
      auto rows = of_rung(*all, rung);
      if (!rows.empty()) out.push_back({rung, part.title, std::move(rows), is_measured(part) && !part.hog});
    }
  }
  return out;
}

}  // namespace

Result<Json> measured_json(const MeasuredParts& parts) {
  const auto sums = rung_sums(parts);
  if (!sums) return std::unexpected(sums.error());
  Json rows = Json::array();
  for (const RungSum& sum : *sums) rows.push_back(sum_json(sum));
  return Json{{"schema", "tokcast.accuracy/1"}, {"coverage", kCoverage}, {"rows", std::move(rows)}};
}

Result<std::map<std::string, std::string>> measured_blocks(const MeasuredParts& parts) {
  std::map<std::string, std::string> blocks;
  std::string& sums = blocks["measured"];
  sums =
      "| rung | part | n | median error | 90th percentile | largest | inside the 90 % interval | too busy to "
      "promise |\n|---|---|---|---|---|---|---|---|\n";
  const auto rungs = rung_sums(parts);
  if (!rungs) return std::unexpected(rungs.error());
  for (const Evidence rung : kRungs) {
    for (const RungSum& sum : *rungs) sums += sum.rung == rung ? sum_line(sum) : "";
    const RungSum turns = of_all_turns(*rungs, rung);
    const RungSum promises = of_all_promises(*rungs, rung);
    if (!turns.rows.empty()) sums += sum_line(turns);
    if (promises.rows.size() > turns.rows.size()) sums += sum_line(promises);
  }
  for (const auto& [name, records] : parts) {
    auto text = part_block(*find_accuracy_part(name), records);
    if (!text) return std::unexpected(text.error());
    blocks["measured " + name] = std::move(*text);
  }
  return blocks;
}

Result<std::map<std::string, std::string>> measured_plots(const MeasuredParts& parts) {
  std::map<std::string, std::string> out;
  for (const bool prefill : {true, false}) {
    ScatterPlot plot{.title = fmt::format("{} on this machine, full models", prefill ? "Prefill" : "Decode"),
                     .quantity = prefill ? "prefill" : "decode",
                     .unit = "ms"};
    for (const Evidence rung : kRungs) {
      ScatterSeries series{.name = std::string(evidence_name(rung))};
      for (const auto& [name, records] : parts) {
        if (find_accuracy_part(name)->hog || !is_measured(*find_accuracy_part(name))) continue;
        const auto all = compare_all(records);
        if (!all) return std::unexpected(all.error());
        for (const Comparison& c : of_rung(*all, rung)) {
          if (c.prefill == prefill) {
            series.points.push_back({c.truth_median() * 1e3, c.forecast.expected.value * 1e3});
          }
        }
      }
      if (!series.points.empty()) plot.series.push_back(std::move(series));
    }
    out[fmt::format("measured-{}.svg", prefill ? "prefill" : "decode")] = scatter_svg(plot);
  }
  return out;
}

}  // namespace tokcast
