#include "choose/quality.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "choose/quantisation.h"

namespace tokcast {
namespace {

Quality quality_of(const char* id) {
  return quality_scale().of(find_catalogue_row(id).value()).value();
}

TEST(MonotoneFit, PoolsWhatContradictsItself) {
  const MonotoneMap map = monotone_fit({{1, 10}, {2, 30}, {3, 20}, {4, 40}});
  ASSERT_EQ(map.size(), 3U);
  EXPECT_EQ(map[1], (std::pair<double, double>(2.5, 25)));
  EXPECT_EQ(mapped(map, 0), 10) << "flat below";
  EXPECT_EQ(mapped(map, 9), 40) << "flat above";
  EXPECT_EQ(mapped(map, 1.75), 17.5) << "straight between";
}

TEST(MonotoneFit, OfOneScoreTheMeanCounts) {
  const MonotoneMap map = monotone_fit({{1, 10}, {1, 30}});
  ASSERT_EQ(map.size(), 1U);
  EXPECT_EQ(mapped(map, 1), 20);
}

TEST(Quality, AnArenaScoreDecidesAndHasNoSpread) {
  const Quality quality = quality_of("llama-3.2-3b-instruct");
  EXPECT_EQ(quality.decided_by, "arena_elo");
  EXPECT_EQ(quality.points, 1110);
  EXPECT_EQ(quality.spread, 0);
}

TEST(Quality, AnotherScoreIsMappedWithTheSpreadOfItsMap) {
  const Quality quality = quality_of("falcon3-7b-instruct");
  EXPECT_EQ(quality.decided_by, "open_llm_lb2_avg");
  EXPECT_GT(quality.spread, 20);
  EXPECT_NE(quality.remark.find("models that have both"), std::string::npos);
}

TEST(Quality, SizeIsARoughSignThatIsFlaggedAndNeverBeatsMostScoresOfItsSize) {
  const Quality quality = quality_of("lfm2-350m");
  EXPECT_EQ(quality.decided_by, "parameters");
  EXPECT_NE(quality.remark.find("rough sign"), std::string::npos);
  EXPECT_LT(quality.cautious(), quality_of("llama-3.2-1b-instruct").cautious());
}

TEST(Quality, MakersOwnScoresDecideNothing) {
  CatalogueRow row = find_catalogue_row("lfm2-1.2b").value();
  const auto before = quality_scale().of(row);
  row.quality["mmlu_pro_vendor"] = 99;
  row.quality["gpqa_vendor"] = 99;
  const auto after = quality_scale().of(row);
  EXPECT_EQ(before->points, after->points);
  EXPECT_EQ(after->decided_by, "parameters");
}

TEST(Quality, NothingKnownIsUnknown) {
  EXPECT_FALSE(quality_scale().of(CatalogueRow{}));
  EXPECT_FALSE(quality_scale().of(ModelSize{}));
  EXPECT_TRUE(quality_scale().of(ModelSize{.parameters = 8e9}));
}

TEST(Quality, MonthsAreReadOrNot) {
  EXPECT_EQ(month_number("2023-01"), 0);
  EXPECT_EQ(month_number("2024-09"), 20);
  for (const char* text : {"", "2024", "2024-13", "2024-00", "24-01-01", "abcd-ef"})
    EXPECT_FALSE(month_number(text)) << text;
}

TEST(Quantisation, LossesGrowDownTheTableAndUnknownOnesAreUnknown) {
  EXPECT_TRUE(std::ranges::is_sorted(quantisation_losses(), {}, &QuantisationLoss::divergence));
  EXPECT_EQ(divergence_of("F16"), 0);
  EXPECT_LT(divergence_of("q8_0"), divergence_of("Q4_K_M"));
  EXPECT_FALSE(divergence_of("MXFP4_MOE"));
  for (const std::string_view mix : smaller_mixes()) EXPECT_GT(divergence_of(mix), divergence_of("Q4_K_M"));
}

// The order of all models, committed: a change of the catalogue or of the method shows what it does.
TEST(Quality, TheOrderIsAsCommitted) {
  std::vector<std::pair<Quality, std::string>> all;
  for (const CatalogueRow& row : catalogue()) {
    if (const auto quality = quality_scale().of(row)) all.emplace_back(*quality, row.id);
  }
  EXPECT_EQ(all.size(), catalogue().size());
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    return std::pair(-a.first.cautious(), a.second) < std::pair(-b.first.cautious(), b.second);
  });
  std::string now = "# points - spread | level | model | points, spread | decided by\n";
  for (const QualityScale::Step& step : quality_scale().steps())
    now += fmt::format("# {}: {} models, spread {:.1f}\n", step.score, step.models, step.spread);
  for (const auto& [quality, id] : all)
    now += fmt::format("{:.0f} | {} | {} | {:.0f} {:.0f} | {}\n", quality.cautious(), quality.level(), id,
                       quality.points, quality.spread, quality.sentence());
  const std::string path = TOKCAST_SOURCE_DIR "/tests/fingerprint/quality.txt";
  if (getenv("TOKCAST_UPDATE") != nullptr) {
    ASSERT_TRUE(write_file(path, now));
    return;
  }
  EXPECT_EQ(now, read_file(path).value_or("no such file")) << "TOKCAST_UPDATE=1 rewrites it";
}

}  // namespace
}  // namespace tokcast
