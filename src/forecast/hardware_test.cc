#include "forecast/hardware.h"

#include <gtest/gtest.h>

#include "machine/synthetic.h"

namespace tokcast {
namespace {

TEST(Hardware, OfAKnownProcessorHasAllItsSockets) {
  const Hardware two = processor_hardware(*find_cpu("Xeon E5-2690 v4"), 2);
  EXPECT_EQ(two.cores, 28U);
  EXPECT_NEAR(*two.bandwidth, 153.6e9, 1e8);
  EXPECT_EQ(two.isa, "avx2");
  EXPECT_EQ(two.group, "cpu-server");
}

TEST(Hardware, OfWordsHasTheMemoryInWords) {
  const Hardware words = hardware_of(*parse_synthetic("16c avx2 4x ddr4-2133 39GiB"), 8);
  EXPECT_NEAR(*words.bandwidth, 4 * 8 * 2133e6, 1);
  EXPECT_EQ(words.cores, 16U);
  EXPECT_EQ(words.threads, 8U);
  EXPECT_EQ(words.isa, "avx2");
}

TEST(Hardware, OfAProfileWithoutCardsHasNoGraphics) {
  EXPECT_FALSE(gpu_hardware_of(*parse_synthetic("16c avx2 4x ddr4-2133 39GiB")));
}

TEST(Hardware, OfAProfileWithACardIsTheCards) {
  const auto card = gpu_hardware_of(*parse_synthetic("8c avx2 2x ddr5-5600 32GiB gpu RTX 4090"));
  ASSERT_TRUE(card);
  EXPECT_EQ(card->part, "GeForce RTX 4090");
  EXPECT_EQ(card->backend, "CUDA");
  EXPECT_EQ(card->group, "nvidia");
}

TEST(Hardware, OfNothingKnowsNothing) {
  const Hardware none = hardware_of(Profile{});
  EXPECT_FALSE(none.bandwidth);
  EXPECT_FALSE(none.cores);
  EXPECT_EQ(none.isa, "");
}

}  // namespace
}  // namespace tokcast
