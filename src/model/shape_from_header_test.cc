// Headers that are wrong, by mistake or on purpose.
#include "model/shape.h"

#include <gtest/gtest.h>

#include "model/shape_sample_test_util.h"

namespace tokcast {
namespace {

TEST(ShapeFromHeader, RefusesWhatIsNoLanguageModel) {
  const auto unsupported = ErrorKind::kUnsupported;
  expect_refused(ShapeSample().drop("general.architecture"), "general.architecture", unsupported);
  expect_refused(ShapeSample("clip"), "general.type", unsupported);
  expect_refused(ShapeSample().put(gguf_string("general.type", "adapter")), "general.type", unsupported);
  ShapeSample vocabulary_only;
  vocabulary_only.header.tensors.clear();
  expect_refused(vocabulary_only, "tensor count", unsupported);
  EXPECT_TRUE(ShapeSample().put(gguf_string("general.type", "model")).read());
}

TEST(ShapeFromHeader, RefusesMissingHyperparameters) {
  for (const auto* key : {"block_count", "embedding_length", "attention.head_count"}) {
    expect_refused(ShapeSample().without(key), std::string("llama.") + key);
  }
}

TEST(ShapeFromHeader, RefusesHyperparametersOutOfRange) {
  const std::vector<std::pair<std::string, std::uint32_t>> wrong = {
      {"block_count", 0},
      {"block_count", 513},
      {"block_count", 1U << 31U},
      {"block_count", 1},
      {"embedding_length", 0},
      {"embedding_length", 2'000'000},
      {"embedding_length", 32},
      {"attention.head_count", 0},
      {"attention.head_count", 6},
      {"attention.head_count", 100'000},
      {"context_length", 0},
      {"context_length", ~0U},
      {"expert_count", 2000},
      {"attention.key_length", 0},
      {"attention.head_count_kv", 3},
      {"attention.head_count_kv", 8},
      {"attention.value_length", 100'000},
      {"nextn_predict_layers", 2},
      {"feed_forward_length", 1U << 30U},
      {"full_attention_interval", 0},
  };
  for (const auto& [key, number] : wrong) expect_refused(ShapeSample().set(key, number), "llama." + key);
}

TEST(ShapeFromHeader, RefusesHyperparametersOfAnotherKind) {
  expect_refused(ShapeSample().put(gguf_string("llama.block_count", "32")), "llama.block_count");
  expect_refused(ShapeSample().put(gguf_float32("llama.block_count", 32)), "llama.block_count");
  expect_refused(ShapeSample().set("block_count", std::vector{2}), "llama.block_count");
  expect_refused(ShapeSample().set("attention.head_count", std::vector{4}), "llama.attention.head_count");
  expect_refused(ShapeSample().set("attention.head_count", std::vector{4, -4}), "llama.attention.head_count");
  expect_refused(ShapeSample().put(gguf_float32_array("llama.attention.head_count_kv", {2, 1.5F})),
                 "llama.attention.head_count_kv");
}

TEST(ShapeFromHeader, RefusesExpertsThatContradictEachOther) {
  expect_refused(ShapeSample().set("expert_count", 8), "llama.expert_used_count");
  expect_refused(ShapeSample().set("expert_count", 8).set("expert_used_count", 0), "llama.expert_used_count");
  expect_refused(ShapeSample().set("expert_count", 8).set("expert_used_count", 9), "llama.expert_used_count");
  expect_refused(ShapeSample().add(0, "ffn_up_exps.weight", {64, 32, 8}), "llama.expert_count");
  expect_refused(ShapeSample()
                     .set("expert_count", 4)
                     .set("expert_used_count", 2)
                     .add(0, "ffn_up_exps.weight", {64, 32, 8}),
                 "llama.expert_count");
}

}  // namespace
}  // namespace tokcast
