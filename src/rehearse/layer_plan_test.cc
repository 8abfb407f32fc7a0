#include "rehearse/layer_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/catalogue.h"
#include "model/naming.h"
#include "rehearse/layer_kinds.h"

namespace tokcast {
namespace {

LayerPlan plan_of(const std::string& model) {
  const auto shape = find_shape(model);
  EXPECT_TRUE(shape) << model;
  const auto plan = plan_layers(*shape, rehearsal_byte_budget(*shape));
  EXPECT_TRUE(plan) << model;
  return plan.value_or(LayerPlan{});
}

TEST(LayerPlan, OfLlama2With7BWritesAtMost15Percent) {
  const auto shape = find_shape("llama-2-7b-chat:Q4_K_M");
  const LayerPlan plan = plan_of("llama-2-7b-chat:Q4_K_M");
  EXPECT_LE(plan.bytes / shape->weight_bytes(), 0.15);
  EXPECT_EQ(plan.small_count, 1U);
  EXPECT_EQ(plan.large.size(), 3U);
}

TEST(LayerPlan, WhatTheLargeSkeletonAddsHasTheKindsInProportion) {
  const auto shape = find_shape("llama-2-7b-chat:Q4_K_M");
  const LayerPlan plan = plan_of("llama-2-7b-chat:Q4_K_M");
  const LayerKinds kinds = layer_kinds(*shape);
  ASSERT_EQ(kinds.kinds.size(), 2U);  // half of the layers have richer types
  // In decode the difference is the layers behind the first; in prefill, where the last layer is cut short,
  // those before the last.
  EXPECT_EQ(kinds.count({plan.large[1], plan.large[2]}), (std::vector<double>{1, 1}));
  EXPECT_EQ(kinds.count({plan.large[0], plan.large[1]}), (std::vector<double>{1, 1}));
}

TEST(LayerPlan, OfASmallModelShowsNoSkeletonThatALargeCacheHolds) {
  const LayerPlan plan = plan_of("tinyllama-1.1b-chat:Q4_K_M");
  EXPECT_EQ(plan.small_count, 4U) << "two layers and the output are 109 MB";
  EXPECT_EQ(plan.large.size(), 8U);
  EXPECT_EQ(plan_of("llama-3.2-3b-instruct:Q4_0").small_count, 1U) << "its output alone has 323 MB";
}

TEST(LayerPlan, KeepsLayersAtPositionsOfTheirOwnWindow) {
  const auto shape = find_shape("gpt-oss-20b");
  const LayerPlan plan = plan_of("gpt-oss-20b");
  for (std::size_t i = 0; i < plan.large.size(); ++i) {
    EXPECT_EQ(shape->layers[plan.large[i]].sliding_window, shape->layers[i].sliding_window)
        << "position " << i;
  }
}

TEST(LayerPlan, OfALongWindowPatternStaysSmall) {
  const auto shape = find_shape("gemma-3-4b-it");
  // A fifth of it is the vocabulary alone; two whole patterns of six layers would come to half.
  EXPECT_LE(plan_of("gemma-3-4b-it").bytes / shape->weight_bytes(), 0.4);
}

TEST(LayerPlan, StartsWithTheDenseLeadOfAMixture) {
  const auto shape = find_shape("glm-4.5-air");
  ASSERT_TRUE(shape);
  const LayerPlan plan = plan_of("glm-4.5-air");
  EXPECT_FALSE(shape->layers[plan.large.front()].mixture_of_experts);
  EXPECT_TRUE(shape->layers[plan.large.back()].mixture_of_experts);
}

TEST(LayerPlan, OfEveryModelledCatalogueRowIsPossibleAndTrue) {
  std::size_t planned = 0;
  for (const CatalogueRow& row : catalogue()) {
    const auto shape = find_shape(row.id);
    ASSERT_TRUE(shape) << row.id;
    const auto plan = plan_layers(*shape, rehearsal_byte_budget(*shape));
    if (!plan) {
      EXPECT_EQ(plan.error().kind, ErrorKind::kUnsupported) << row.id;
      continue;
    }
    ++planned;
    EXPECT_GE(plan->small_count, 1U) << row.id;
    EXPECT_GT(plan->large.size(), plan->small_count) << row.id;
    EXPECT_LE(plan->large.size(), shape->layers.size()) << row.id;
  }
  EXPECT_GE(planned, 195U);
}

TEST(LayerPlan, RefusesWhatIsNotModelledByItsReason) {
  auto shape = find_shape("deepseek-v3");
  ASSERT_TRUE(shape);
  shape->not_modelled = {"a latent of tomorrow"};
  const auto plan = plan_layers(*shape, rehearsal_byte_budget(*shape));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(plan.error().message.find("latent"), std::string::npos) << plan.error().message;
}

}  // namespace
}  // namespace tokcast
