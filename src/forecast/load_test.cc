#include "forecast/load.h"

#include <gtest/gtest.h>

#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

double bytes_of(const Shape& shape) {
  return static_cast<double>(shape.weight_bytes().value);
}

TEST(Load, ReadsTheFileOnceAtTheMeasuredRate) {
  const Shape shape = tiny_shape();
  Timings timings;
  add_load(timings, shape, BytesPerSecond(1e6));
  EXPECT_DOUBLE_EQ(timings.load_parts->reading.expected.value, bytes_of(shape) / 1e6);
  EXPECT_LT(timings.cold_load->low, timings.cold_load->expected);
  EXPECT_GT(timings.cold_load->high, timings.cold_load->expected);
}

TEST(Load, AddsWhatLoadingCostsWithTheFileInMemory) {
  const Shape shape = tiny_shape();
  Timings timings;
  timings.load = around(Seconds(2), 0.5, 2);
  add_load(timings, shape, BytesPerSecond(1e6));
  EXPECT_DOUBLE_EQ(timings.cold_load->expected.value, bytes_of(shape) / 1e6 + 2);
}

TEST(Load, OfAnUnknownDiskIsAnythingFromAHardDiskToNvme) {
  const Shape shape = tiny_shape();
  Timings timings;
  add_load(timings, shape, std::nullopt);
  EXPECT_DOUBLE_EQ(timings.load_parts->reading.high.value, bytes_of(shape) / 120e6);
  EXPECT_DOUBLE_EQ(timings.load_parts->reading.low.value, bytes_of(shape) / 3e9);
}

TEST(Load, IsTheSumOfItsParts) {
  const Shape shape = tiny_shape("Q4_0");
  Timings timings;
  timings.decode = {{0, around(Seconds(3), 0.5, 2)}};
  add_load(timings, shape, std::nullopt);
  const LoadParts& parts = *timings.load_parts;
  ASSERT_TRUE(parts.warm_up);
  EXPECT_DOUBLE_EQ(parts.warm_up->expected.value, 0.5 + 3);
  EXPECT_DOUBLE_EQ(timings.load->high.value, (parts.preparing + *parts.warm_up).high.value);
  EXPECT_DOUBLE_EQ(timings.cold_load->high.value, (parts.reading + *timings.load).high.value);
}

TEST(Load, OnlyAProcessorRepacksAndOnlySomeTypes) {
  const auto preparing = [](const Shape& shape, bool on_processor) {
    Timings timings;
    add_load(timings, shape, std::nullopt, on_processor);
    return timings.load_parts->preparing;
  };
  const Shape repacked = tiny_shape("Q4_0");
  const Shape kept = tiny_shape("F16");
  EXPECT_GT(preparing(repacked, true).high, preparing(repacked, false).high);
  EXPECT_EQ(preparing(repacked, true).low, preparing(repacked, false).low) << "or it does not";
  EXPECT_EQ(preparing(kept, true).high, preparing(kept, false).high);
}

TEST(Load, WhatARehearsalMeasuredStands) {
  Timings timings;
  timings.load = around(Seconds(2), 0.5, 2);
  add_load(timings, tiny_shape(), std::nullopt);
  EXPECT_EQ(timings.load->expected, Seconds(2));
  EXPECT_FALSE(timings.load_parts->warm_up);
}

}  // namespace
}  // namespace tokcast
