#include <gtest/gtest.h>

#include <cmath>

#include "base/statistics.h"
#include "bench/csv.h"
#include "bench/fit_errors.h"
#include "bench/fit_factors.h"
#include "bench/published.h"

namespace tokcast {
namespace {

const Published& published() {
  static const Published all = *read_published(TOKCAST_SOURCE_DIR "/data");
  return all;
}

TEST(Csv, ReadsQuotedCommasLinesAndQuotes) {
  const auto rows = parse_csv("a,b\n\"1,5\",\"x \"\"y\"\"\nz\"\n", "here");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->at(0).at("a"), "1,5");
  EXPECT_EQ(rows->at(0).at("b"), "x \"y\"\nz");
}

TEST(Csv, RefusesShortRowsAndOpenQuotes) {
  EXPECT_FALSE(parse_csv("a,b\n1\n", "here"));
  EXPECT_FALSE(parse_csv("a,b\n1,\"2\n", "here"));
}

TEST(Published, KeepsOnlyRowsThatMemoryAllows) {
  EXPECT_GT(published().rows.size(), 600U);
  for (const PublishedRow& row : published().rows) {
    if (row.prefill) continue;
    const double read = row.tokens_per_second * static_cast<double>(row.model->shape.decode_bytes().value);
    EXPECT_LE(read, *row.hardware.bandwidth) << row.machine;
  }
}

TEST(Published, CountsWhatItLeavesOut) {
  EXPECT_TRUE(published().left_out.contains("a fork with kernels of its own (ik_llama.cpp)"));
  EXPECT_NE(filter_report(published()).find("kept"), std::string::npos);
}

TEST(Published, GivesOneMachineToAllCountsOfOneCard) {
  std::set<std::string> machines;
  for (const PublishedRow& row : published().rows) {
    if (row.hardware.part == "GeForce RTX 4090") machines.insert(row.machine);
  }
  EXPECT_EQ(machines.size(), 1U);
}

std::vector<PublishedRow> rows_of(std::string_view part) {
  std::vector<PublishedRow> rows;
  for (const PublishedRow& row : published().rows) {
    if (row.hardware.part == part) rows.push_back(row);
  }
  return rows;
}

TEST(Fit, FindsThatAMachineTakesTwiceAsLong) {
  std::vector<PublishedRow> rows = rows_of("RTX A6000");
  const Fit plain(rows);
  const double before = *log_forecast(rows.front(), as_factor(plain.factors()));
  for (PublishedRow& row : rows) row.tokens_per_second /= 2;
  const Fit slow(rows);
  EXPECT_NEAR(*log_forecast(rows.front(), as_factor(slow.factors())) - before, std::log(2), 0.1);
}

TEST(Fit, DoesNotLearnFromTheMachineThatIsLeftOut) {
  std::vector<PublishedRow> rows = rows_of("RTX A6000");
  for (const PublishedRow& row : rows_of("GeForce RTX 3090")) rows.push_back(row);
  const Fit honest(rows);
  for (PublishedRow& row : rows) {
    if (row.machine == "RTX A6000") row.tokens_per_second *= 0.9;
  }
  const Fit changed(rows);
  const double a = *log_forecast(rows.front(), as_factor(honest.without("RTX A6000")));
  const double b = *log_forecast(rows.front(), as_factor(changed.without("RTX A6000")));
  EXPECT_NEAR(a, b, 0.02);
}

TEST(Fit, CommittedTableRestsOnTheRowsThatAreThere) {
  std::uint32_t decodes = 0;
  for (const PublishedRow& row : published().rows) {
    if (row.hardware.kind == HardwareKind::kGpu && !row.prefill) ++decodes;
  }
  EXPECT_EQ(efficiency().factors.at("decode gpu memory").rows, decodes);
}

TEST(Fit, CommittedTableForecastsMostOfItsOwnRows) {
  std::vector<double> errors;
  for (const PublishedRow& row : published().rows) {
    const LogFactor factor = [](const std::string& name) { return efficiency().log_of(name); };
    errors.push_back(std::abs(log_measured(row) - *log_forecast(row, factor)));
  }
  EXPECT_LT(quantile(errors, 0.5), 0.12);
}

}  // namespace
}  // namespace tokcast
