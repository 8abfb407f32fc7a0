#include "forecast/efficiency.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

TEST(Efficiency, EmbedsATableWithFactorsAndIntervals) {
  EXPECT_GT(efficiency().factors.size(), 100U);
  EXPECT_TRUE(efficiency().factors.contains("decode gpu memory"));
  for (const char* level : {"decode nvidia dense", "prefill cpu-server dense", "decode all mixture"}) {
    EXPECT_TRUE(efficiency().spreads.contains(level)) << level;
  }
}

TEST(Efficiency, EveryIntervalHoldsTheForecastItself) {
  for (const auto& [name, spread] : efficiency().spreads) {
    EXPECT_LT(spread.reach.low, 1) << name;
    EXPECT_GT(spread.reach.high, 1) << name;
  }
}

TEST(Efficiency, ComesBackFromJsonAsItWas) {
  const auto again = efficiency_from_json(efficiency_to_json(efficiency()));
  ASSERT_TRUE(again);
  EXPECT_EQ(efficiency_to_json(*again), efficiency_to_json(efficiency()));
}

TEST(Efficiency, FallsBackToAllClasses) {
  const Reach all = efficiency().reach("decode", "all", false);
  const Reach other = efficiency().reach("decode", "mainframe", false);
  EXPECT_EQ(other.low, all.low);
  EXPECT_EQ(other.high, all.high);
}

TEST(Efficiency, RefusesFactorsWithoutNumbersAndIntervalsWithoutEnds) {
  const Json good = efficiency_to_json(efficiency());
  Json bad = good;
  bad["factors"]["decode gpu memory"]["log"] = "much";
  EXPECT_EQ(efficiency_from_json(bad).error().kind, ErrorKind::kBadInput);
  bad = good;
  bad["spreads"]["decode nvidia dense"]["high"] = 0.5;
  EXPECT_EQ(efficiency_from_json(bad).error().kind, ErrorKind::kBadInput);
  EXPECT_FALSE(efficiency_from_json(Json::array()));
  EXPECT_FALSE(efficiency_from_json(Json::object()));
}

}  // namespace
}  // namespace tokcast
