#include "forecast/load.h"

#include <gtest/gtest.h>

#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

double bytes_of(const Shape& shape) {
  return static_cast<double>(shape.weight_bytes().value);
}

TEST(ColdLoad, ReadsTheFileOnceAtTheMeasuredRate) {
  const Shape shape = tiny_shape();
  Timings timings;
  add_cold_load(timings, shape, BytesPerSecond(1e6));
  EXPECT_DOUBLE_EQ(timings.cold_load->expected.value, bytes_of(shape) / 1e6);
  EXPECT_LT(timings.cold_load->low, timings.cold_load->expected);
  EXPECT_GT(timings.cold_load->high, timings.cold_load->expected);
}

TEST(ColdLoad, AddsWhatLoadingCostsWithTheFileInMemory) {
  const Shape shape = tiny_shape();
  Timings timings;
  timings.load = around(Seconds(2), 0.5, 2);
  add_cold_load(timings, shape, BytesPerSecond(1e6));
  EXPECT_DOUBLE_EQ(timings.cold_load->expected.value, bytes_of(shape) / 1e6 + 2);
}

TEST(ColdLoad, OfAnUnknownDiskIsAnythingFromAHardDiskToNvme) {
  const Shape shape = tiny_shape();
  Timings timings;
  add_cold_load(timings, shape, std::nullopt);
  EXPECT_DOUBLE_EQ(timings.cold_load->high.value, bytes_of(shape) / 120e6);
  EXPECT_DOUBLE_EQ(timings.cold_load->low.value, bytes_of(shape) / 3e9);
}

}  // namespace
}  // namespace tokcast
