// A model's header whose keys a test can set, drop and spoil one by one.
#ifndef TOKCAST_MODEL_SHAPE_SAMPLE_TEST_UTIL_H_
#define TOKCAST_MODEL_SHAPE_SAMPLE_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/shape.h"

namespace tokcast {

struct ShapeSample {
  std::string architecture = "llama";
  GgufHeader header{};

  explicit ShapeSample(std::string name = "llama", std::uint32_t layers = 2) : architecture(std::move(name)) {
    header.metadata = {gguf_string("general.architecture", architecture),
                       gguf_uint32("general.file_type", 15)};
    set("block_count", layers)
        .set("embedding_length", 64)
        .set("context_length", 4096)
        .set("feed_forward_length", 128);
    set("attention.head_count", 4).set("attention.head_count_kv", 2);
    header.tensors = {{"token_embd.weight", GgmlType::kF16, {64, 100}},
                      {"output.weight", GgmlType::kQ8_0, {64, 100}},
                      {"output_norm.weight", GgmlType::kF32, {64}}};
    for (std::uint32_t i = 0; i < layers; ++i)
      add(i, "attn_k.weight", {64, 32}).add(i, "ffn_up.weight", {64, 128});
  }

  ShapeSample& put(GgufKeyValue entry) {
    drop(entry.key);
    header.metadata.push_back(std::move(entry));
    return *this;
  }
  ShapeSample& set(const std::string& key, std::uint32_t number) {
    return put(gguf_uint32(architecture + "." + key, number));
  }
  ShapeSample& set(const std::string& key, const std::vector<std::int32_t>& numbers) {
    return put(gguf_int32_array(architecture + "." + key, numbers));
  }
  ShapeSample& drop(const std::string& key) {
    std::erase_if(header.metadata, [&](const auto& entry) { return entry.key == key; });
    return *this;
  }
  ShapeSample& without(const std::string& key) { return drop(architecture + "." + key); }
  ShapeSample& add(std::uint32_t layer, const std::string& name, std::vector<std::uint64_t> dimensions,
                   GgmlType type = GgmlType::kQ8_0) {
    header.tensors.push_back({"blk." + std::to_string(layer) + "." + name, type, std::move(dimensions)});
    return *this;
  }
  ShapeSample& without_tensor(std::string_view name) {
    std::erase_if(header.tensors, [&](const Tensor& tensor) { return tensor.name == name; });
    return *this;
  }
  Result<Shape> read() const { return shape_from_header(header, "sample"); }
  Shape shape() const {
    auto result = read();
    EXPECT_TRUE(result) << describe(result.error());
    return result.value_or(Shape{});
  }
};

inline void expect_refused(const ShapeSample& sample, const std::string& place,
                           ErrorKind kind = ErrorKind::kBadInput) {
  const auto shape = sample.read();
  ASSERT_FALSE(shape) << place;
  EXPECT_EQ(shape.error().place, place) << describe(shape.error());
  EXPECT_EQ(shape.error().kind, kind) << place;
  EXPECT_FALSE(shape.error().fix.empty());
}

}  // namespace tokcast

#endif  // TOKCAST_MODEL_SHAPE_SAMPLE_TEST_UTIL_H_
