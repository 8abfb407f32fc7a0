// Does the past of a machine make its forecasts better? On the recorded measurements: each model forecast
// with what all the others teach.
#include "forecast/experience.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "base/statistics.h"
#include "bench/accuracy_apart.h"
#include "bench/accuracy_parts.h"
#include "bench/accuracy_record.h"
#include "bench/accuracy_report.h"

namespace tokcast {
namespace {

// What one who lived through it can learn from: a part of the suite, or what was told in one session and
// measured in another.
std::vector<Session> lives() {
  const std::string directory = TOKCAST_SOURCE_DIR "/bench/records";
  std::vector<Session> out;
  for (const AccuracyPart& part : accuracy_parts()) {
    if (is_measured(part)) {
      const auto records = read_records(fmt::format("{}/{}.jsonl", directory, part.name));
      EXPECT_TRUE(records) << describe(records.error());
      out.push_back(records.value_or(Session{}));
    } else {
      const auto apart = read_apart(directory, part.apart_of);
      EXPECT_TRUE(apart) << describe(apart.error());
      const auto sessions = apart.value_or(std::vector<Session>{});
      out.insert(out.end(), sessions.begin(), sessions.end());
    }
  }
  return out;
}

using Group = std::tuple<std::size_t, std::uint32_t, Evidence>;  // a life, threads, rung

std::map<Group, std::vector<Comparison>> recorded() {
  std::map<Group, std::vector<Comparison>> out;
  const auto all = lives();
  for (std::size_t life = 0; life < all.size(); ++life) {
    for (const AccuracyRecord& record : all[life]) {
      for (const Comparison& one : compare(record).value_or(std::vector<Comparison>{}))
        out[{life, one.threads, one.evidence}].push_back(one);
    }
  }
  return out;
}

// As the ledger keeps them: prefill and decode of a bench at depth 0.
bool is_kept(const Comparison& one) {
  return one.test == "prefill 128" || one.test == "decode at 0";
}

Residual residual_of(const Comparison& one) {
  return {one.evidence, one.prefill ? Phase::kPrefill : Phase::kDecode, one.model,
          std::log(one.truth_median() / one.forecast.expected.value),
          std::log(one.forecast.high / one.forecast.low) / 2 / 1.645};
}

struct Score {
  std::vector<double> before;
  std::vector<double> after;
  std::size_t inside_before = 0;
  std::size_t inside_after = 0;
  double width_before = 0;
  double width_after = 0;

  void add(const Comparison& one, const PhaseCorrection& by) {
    Comparison then = one;
    then.forecast = corrected(one.forecast, by);
    before.push_back(std::abs(one.error()));
    after.push_back(std::abs(then.error()));
    inside_before += one.inside() ? 1 : 0;
    inside_after += then.inside() ? 1 : 0;
    width_before += std::log(one.forecast.high / one.forecast.low);
    width_after += std::log(then.forecast.high / then.forecast.low);
  }
};

std::map<Evidence, Score> scores() {
  std::map<Evidence, Score> out;
  for (const auto& [group, all] : recorded()) {
    for (const Comparison& one : all) {
      std::vector<Residual> others;
      for (const Comparison& other : all) {
        if (other.model != one.model && is_kept(other)) others.push_back(residual_of(other));
      }
      const Correction learned = correction_from(others, one.evidence);
      const PhaseCorrection& by = one.prefill ? learned.prefill : learned.decode;
      if (by.models > 0) out[one.evidence].add(one, by);
    }
  }
  return out;
}

TEST(Experience, NarrowsIntervalsThatStillHoldOnTheRecordsAndMovesForecastsLittle) {
  for (const auto& [evidence, score] : scores()) {
    const auto count = static_cast<double>(score.before.size());
    const std::string summary = fmt::format(
        "{}: n {} median {:.3f} -> {:.3f}, 90th {:.3f} -> {:.3f}, inside {} -> {}, width {:.2f} -> {:.2f}",
        evidence_name(evidence), score.before.size(), quantile(score.before, 0.5), quantile(score.after, 0.5),
        quantile(score.before, 0.9), quantile(score.after, 0.9), score.inside_before, score.inside_after,
        score.width_before / count, score.width_after / count);
    RecordProperty(std::string(evidence_name(evidence)), summary);
    SCOPED_TRACE(summary);
    std::puts(summary.c_str());
    EXPECT_LE(quantile(score.after, 0.5), quantile(score.before, 0.5));
    EXPECT_GE(static_cast<double>(score.inside_after), 0.85 * count);
  }
}

}  // namespace
}  // namespace tokcast
