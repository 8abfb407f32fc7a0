#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "base/statistics.h"
#include "bench/accuracy_record.h"
#include "bench/accuracy_report.h"

namespace tokcast {
namespace {

std::vector<AccuracyRecord> recorded() {
  const auto records = read_records(TOKCAST_SOURCE_DIR "/bench/records/2026-11-23.jsonl");
  EXPECT_TRUE(records) << describe(records.error());
  return records.value_or(std::vector<AccuracyRecord>{});
}

std::vector<Comparison> comparisons() {
  std::vector<Comparison> out;
  for (const AccuracyRecord& record : recorded()) {
    const auto found = compare(record);
    EXPECT_TRUE(found) << describe(found.error());
    if (found) out.insert(out.end(), found->begin(), found->end());
  }
  return out;
}

TEST(Accuracy, OfRecordedRehearsalsStaysWithinTheGoals) {
  const auto all = comparisons();
  ASSERT_EQ(all.size(), 48U) << "six models, two thread counts, four tests";
  std::vector<double> errors;
  for (const Comparison& one : all) errors.push_back(std::abs(one.error()));
  EXPECT_LE(quantile(errors, 0.5), 0.04);
  EXPECT_LE(quantile(errors, 0.9), 0.10);
}

TEST(Accuracy, RecordedTruthsLieInsideTheirIntervals) {
  const auto all = comparisons();
  const auto inside = std::ranges::count_if(all, [](const Comparison& one) { return one.inside(); });
  EXPECT_GE(static_cast<double>(inside), 0.85 * static_cast<double>(all.size()));
}

TEST(Accuracy, RecordsSurviveTheWayThroughJson) {
  const auto records = recorded();
  ASSERT_FALSE(records.empty());
  const Json written = record_to_json(records.front());
  const auto read = record_from_json(written);
  ASSERT_TRUE(read);
  EXPECT_EQ(record_to_json(*read), written);
}

TEST(Accuracy, ARecordWithoutATestIsRefused) {
  Json json = record_to_json(recorded().front());
  json["truth"].erase("prefill 512");
  const auto read = record_from_json(json);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kBadInput);
}

TEST(Accuracy, TheDocumentedTableIsWhatTheRecordsSay) {
  const auto text = report(recorded());
  ASSERT_TRUE(text);
  const auto document = read_file(TOKCAST_SOURCE_DIR "/docs/ACCURACY.md");
  ASSERT_TRUE(document);
  EXPECT_NE(document->find(*text), std::string::npos)
      << "Replace it by the output of: accuracy --replay bench/records/2026-11-23.jsonl";
}

}  // namespace
}  // namespace tokcast
