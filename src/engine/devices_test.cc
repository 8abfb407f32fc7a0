#include "engine/devices.h"

#include <gtest/gtest.h>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

TEST(Devices, NamesCardsWithTheirMemory) {
  const auto found = parse_devices(
      "Available devices:\n"
      "  CUDA0: NVIDIA GeForce RTX 4090 (24080 MiB, 23571 MiB free)\n"
      "  Vulkan0: AMD Radeon 780M (RADV PHOENIX) (16384 MiB, 15000 MiB free)\n",
      "load_backend: loaded CPU backend from /x/lib/libggml-cpu-haswell.so\n");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->devices.size(), 2U);
  EXPECT_EQ(found->devices[0].name, "CUDA0");
  EXPECT_EQ(found->devices[0].description, "NVIDIA GeForce RTX 4090");
  EXPECT_EQ(found->devices[0].memory_total, Bytes(24080 * kMebi.value));
  EXPECT_EQ(found->devices[1].description, "AMD Radeon 780M (RADV PHOENIX)");
  EXPECT_EQ(found->devices[1].memory_free, Bytes(15000 * kMebi.value));
  EXPECT_EQ(found->cpu_variant, "haswell");
}

TEST(Devices, NoneIsAnEmptyList) {
  const auto found = parse_devices("Available devices:\n  (none)\n", "");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->devices.empty());
  EXPECT_EQ(found->cpu_variant, std::nullopt);
}

TEST(Devices, ACardWithoutItsMemoryIsStillACard) {
  const auto found = parse_devices("Available devices:\n  BLAS: some card (odd) \n", "");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->devices.size(), 1U);
  EXPECT_EQ(found->devices[0].description, "some card (odd)");
  EXPECT_EQ(found->devices[0].memory_total, std::nullopt);
}

TEST(Devices, AnythingElseIsAnError) {
  EXPECT_FALSE(parse_devices("", ""));
  EXPECT_FALSE(parse_devices("usage: llama-bench", ""));
}

TEST(Devices, AnEngineThatRefusesIsNamedUnsupported) {
  const TemporaryDirectory folder;
  write_fake_engine(folder.path(), {.misbehave = "exit 1"});
  const auto found = list_devices({.directory = folder.path()});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace tokcast
