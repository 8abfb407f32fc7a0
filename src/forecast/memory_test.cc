#include "forecast/memory.h"

#include <gtest/gtest.h>

#include "model/naming.h"

namespace tokcast {
namespace {

Shape llama_7b() {
  return *find_shape("llama-2-7b-chat:Q4_K_M");
}

TEST(Memory, CountsWeightsKeysAndValuesAndBuffers) {
  const MemoryNeed need = memory_need(llama_7b(), Tokens(4096), Bytes(100), std::nullopt);
  EXPECT_EQ(need.kv, Bytes(4096ULL * 512 * 1024)) << "512 KiB a token: 32 layers x 2 x 4096 x 2 bytes";
  EXPECT_EQ(need.total(), need.weights + need.kv + need.compute);
  EXPECT_GT(need.compute, Bytes(100));
}

TEST(Memory, FitsOrNotIsUnknownWithoutALimit) {
  EXPECT_EQ(memory_need(llama_7b(), Tokens(2048), {}, {}).fits(), std::nullopt);
}

TEST(Memory, IsHeldAgainstTheLimit) {
  EXPECT_EQ(
      memory_need(llama_7b(), Tokens(2048), {}, MemoryBound{4 * kGibi.value * Bytes(1), "cgroup"}).fits(),
      false);
  EXPECT_EQ(
      memory_need(llama_7b(), Tokens(2048), {}, MemoryBound{8 * kGibi.value * Bytes(1), "cgroup"}).fits(),
      true);
}

TEST(Memory, AContextThatGrowsGrowsTheNeed) {
  const auto of = [](std::uint64_t context) {
    return memory_need(llama_7b(), Tokens(context), {}, {}).total();
  };
  EXPECT_GT(of(4096), of(2048));
}

}  // namespace
}  // namespace tokcast
