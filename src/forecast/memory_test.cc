#include "forecast/memory.h"

#include <gtest/gtest.h>

#include "model/naming.h"

namespace tokcast {
namespace {

Shape llama_7b() {
  return *find_shape("llama-2-7b-chat:Q4_K_M");
}

TEST(Memory, CountsWeightsKeysAndValuesAndBuffers) {
  const MemoryNeed need = memory_need(llama_7b(), {.context_tokens = 4096}, Bytes(100), std::nullopt);
  EXPECT_EQ(need.main.kv, Bytes(4096ULL * 512 * 1024)) << "512 KiB a token: 32 layers x 2 x 4096 x 2 bytes";
  EXPECT_EQ(need.total(), need.weights() + need.kv() + need.compute());
  EXPECT_GT(need.main.compute, Bytes(100));
}

TEST(Memory, EachSessionHasAContextOfItsOwn) {
  const MemoryNeed one = memory_need(llama_7b(), {.context_tokens = 2048}, {}, {});
  const MemoryNeed four = memory_need(llama_7b(), {.context_tokens = 2048, .sessions = 4}, {}, {});
  EXPECT_EQ(four.kv(), one.kv() * 4);
  EXPECT_EQ(four.weights(), one.weights());
}

TEST(Memory, StatesOfRecurrentLayersCountWithTheContextButDoNotGrowWithIt) {
  const Shape shape = *find_shape("granite-4.0-h-tiny:Q4_K_M");
  ASSERT_GT(shape.state_bytes(), Bytes(0));
  const auto kv = [&](std::uint64_t context) {
    return memory_need(shape, {.context_tokens = context, .sessions = 2}, {}, {}).kv();
  };
  EXPECT_EQ(kv(1024), (shape.kv_bytes(Tokens(1024)) + shape.state_bytes()) * 2);
  EXPECT_EQ(kv(2048) - kv(1024), (shape.kv_bytes(Tokens(2048)) - shape.kv_bytes(Tokens(1024))) * 2);
}

TEST(Memory, AQuantisedCacheTakesWhatItsBlocksTake) {
  const MemoryNeed half = memory_need(llama_7b(), {}, {}, {});
  const Workload q8{.key_type = GgmlType::kQ8_0, .value_type = GgmlType::kQ8_0};
  EXPECT_EQ(memory_need(llama_7b(), q8, {}, {}).kv(), Bytes(half.kv().value / 64 * 34));
  const Workload mixed{.key_type = GgmlType::kQ8_0, .value_type = GgmlType::kF16};
  EXPECT_EQ(memory_need(llama_7b(), mixed, {}, {}).kv(), Bytes(half.kv().value / 128 * (34 + 64)));
}

TEST(Memory, WithoutFlashAttentionScoresStandInMemory) {
  const MemoryNeed with = memory_need(llama_7b(), {}, Bytes(0), {});
  const MemoryNeed without = memory_need(llama_7b(), {.flash_attention = FlashAttention::kOff}, Bytes(0), {});
  EXPECT_EQ(without.compute() - with.compute(), Bytes(32ULL * 512 * 2048 * 4));
}

TEST(Memory, FitsOrNotIsUnknownWithoutALimit) {
  EXPECT_EQ(memory_need(llama_7b(), {.context_tokens = 2048}, {}, {}).fits(), std::nullopt);
}

TEST(Memory, IsHeldAgainstTheLimit) {
  EXPECT_EQ(
      memory_need(llama_7b(), {.context_tokens = 2048}, {}, MemoryBound{4 * kGibi.value * Bytes(1), "cgroup"})
          .fits(),
      false);
  EXPECT_EQ(
      memory_need(llama_7b(), {.context_tokens = 2048}, {}, MemoryBound{8 * kGibi.value * Bytes(1), "cgroup"})
          .fits(),
      true);
}

MemoryLimits with_card(std::uint64_t gibibytes) {
  MemoryLimits limits(MemoryBound{64 * kGibi.value * Bytes(1), "memory available"});
  limits.cards = MemoryBound{gibibytes * kGibi.value * Bytes(1), "memory of the GPU"};
  return limits;
}

TEST(Memory, OfASplitModelIsCountedWhereItLies) {
  const Shape shape = llama_7b();
  const MemoryNeed need = memory_need(shape, {.gpu_layers = 17}, {}, with_card(8));
  ASSERT_TRUE(need.cards);
  EXPECT_EQ(need.weights(), shape.weight_bytes());
  EXPECT_EQ(need.cards->kv, need.main.kv) << "16 of 32 layers";
  EXPECT_GT(need.cards->weights, need.main.weights) << "the output is on the card";
  EXPECT_EQ(memory_need(shape, {.gpu_layers = 0}, {}, with_card(8)).cards, std::nullopt);
}

TEST(Memory, ATiedEmbeddingStandsInBothMemories) {
  const Shape shape = *find_shape("gemma-2-2b-it:Q4_K_M");
  ASSERT_TRUE(shape.tied_output);
  const MemoryNeed need = memory_need(shape, {.gpu_layers = 1}, {}, with_card(8));
  EXPECT_GT(need.weights(), shape.weight_bytes());
}

TEST(Memory, EitherMemoryMayBeTooSmall) {
  const Shape shape = llama_7b();
  EXPECT_EQ(memory_need(shape, {.gpu_layers = 33}, {}, with_card(8)).fits(), true);
  const MemoryNeed need = memory_need(shape, {.gpu_layers = 33}, {}, with_card(4));
  EXPECT_EQ(need.fits(), false);
  EXPECT_EQ(need.limit()->from, "memory of the GPU");
  MemoryLimits unknown = with_card(8);
  unknown.main.reset();
  EXPECT_EQ(memory_need(shape, {.gpu_layers = 33}, {}, unknown).fits(), std::nullopt);
}

TEST(Memory, AsManyLayersGoOnTheCardAsLeaveAGibibyteFree) {
  const Shape shape = llama_7b();
  EXPECT_EQ(layers_that_fit(shape, {}, with_card(24)), 33U);
  EXPECT_EQ(layers_that_fit(shape, {}, with_card(1)), 0U);
  EXPECT_EQ(layers_that_fit(shape, {}, {}), 33U) << "nothing is known against it";
  const MemoryLimits limits = with_card(4);
  const std::uint32_t some = layers_that_fit(shape, {}, limits);
  const auto left = [&](std::uint32_t layers) {
    const MemoryNeed need = memory_need(shape, {.gpu_layers = layers}, {}, limits);
    return static_cast<double>(limits.cards->bytes.value) - static_cast<double>(need.cards->total().value);
  };
  EXPECT_GE(left(some), 1.0 * kGibi.value);
  EXPECT_LT(left(some + 1), 1.0 * kGibi.value);
}

TEST(Memory, AContextThatGrowsGrowsTheNeed) {
  const auto of = [](std::uint64_t context) {
    return memory_need(llama_7b(), {.context_tokens = context}, {}, {}).total();
  };
  EXPECT_GT(of(4096), of(2048));
}

}  // namespace
}  // namespace tokcast
