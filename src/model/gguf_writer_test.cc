#include "model/gguf_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/gguf_reader.h"
#include "model/gguf_samples.h"

namespace tokcast {
namespace {

using testing::ElementsAre;

Result<GgufHeader> read_bytes(const std::string& bytes) {
  const auto source = make_buffer_source(std::as_bytes(std::span(bytes)), "written");
  return read_gguf(*source, GgufData::kOptional);
}

void expect_equal(const GgufHeader& a, const GgufHeader& b) {
  ASSERT_EQ(a.metadata.size(), b.metadata.size());
  for (std::size_t i = 0; i < a.metadata.size(); ++i) {
    EXPECT_EQ(a.metadata[i].key, b.metadata[i].key);
    EXPECT_EQ(a.metadata[i].value.type, b.metadata[i].value.type) << a.metadata[i].key;
    const auto* array = std::get_if<GgufArray>(&a.metadata[i].value.value);
    if (array == nullptr) continue;
    const auto& other = std::get<GgufArray>(b.metadata[i].value.value);
    EXPECT_EQ(array->element_type, other.element_type) << a.metadata[i].key;
    EXPECT_EQ(array->numbers, other.numbers) << a.metadata[i].key;
    EXPECT_EQ(array->payload_bytes, other.payload_bytes) << a.metadata[i].key;
  }
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    EXPECT_EQ(a.tensors[i].name, b.tensors[i].name);
    EXPECT_EQ(a.tensors[i].type, b.tensors[i].type);
    EXPECT_EQ(a.tensors[i].dimensions, b.tensors[i].dimensions);
  }
  EXPECT_EQ(a.offsets, b.offsets);
  EXPECT_EQ(a.alignment, b.alignment);
}

GgufHeader small_header() {
  GgufHeader header;
  header.metadata = {
      gguf_string("general.architecture", "llama"),        gguf_uint32("llama.block_count", 7),
      gguf_float32("llama.rope.freq_base", 1e6F),          gguf_bool("test.bool", true),
      gguf_int32_array("test.int32", {-1, 0, 2147483647}), gguf_bool_array("test.bools", {true, false}),
      gguf_float32_array("test.floats", {0.1F, -3.5F})};
  header.tensors = {{"token_embd.weight", GgmlType::kQ6_K, {256, 3}},
                    {"blk.0.attn_norm.weight", GgmlType::kF32, {5}},
                    {"output.weight", GgmlType::kQ8_0, {32, 2, 2, 2}}};
  return header;
}

TEST(GgufWriter, LaysOutTensorsInOrderWithPadding) {
  GgufHeader header = small_header();
  const auto size = lay_out_tensors(header);
  ASSERT_TRUE(size);
  EXPECT_THAT(header.offsets, ElementsAre(0, 640, 672));  // 3 * 210 = 630, 5 * 4 = 20
  EXPECT_EQ(*size, Bytes(672 + 288));                     // 8 * 34 = 272
}

TEST(GgufWriter, HonoursTheHeadersAlignment) {
  GgufHeader header = small_header();
  header.alignment = 4096;
  ASSERT_TRUE(lay_out_tensors(header));
  EXPECT_THAT(header.offsets, ElementsAre(0, 4096, 8192));
  const auto bytes = encode_gguf_header(header);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->size() % 4096, 0U);
  const auto again = read_bytes(*bytes);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_EQ(again->alignment, 4096U);
}

TEST(GgufWriter, IsReadBackAsWritten) {
  GgufHeader header = small_header();
  ASSERT_TRUE(lay_out_tensors(header));
  const auto bytes = encode_gguf_header(header);
  ASSERT_TRUE(bytes) << describe(bytes.error());
  const auto again = read_bytes(*bytes);
  ASSERT_TRUE(again) << describe(again.error());
  expect_equal(header, *again);
  EXPECT_EQ(again->data_offset, bytes->size());
  EXPECT_EQ(again->find_uint("llama.block_count"), 7U);
  EXPECT_EQ(again->find_double("llama.rope.freq_base"), 1e6);
  EXPECT_EQ(again->find_string("general.architecture"), "llama");
}

TEST(GgufWriter, WritesWhatAForeignProgramWroteByteForByte) {
  RawGguf file = good_gguf();
  std::erase_if(file.metadata, [](const auto& entry) { return entry.key == "tokenizer.ggml.tokens"; });
  file.data_bytes = 0;
  const auto header = read_bytes(file.file());
  ASSERT_TRUE(header);
  EXPECT_EQ(encode_gguf_header(*header).value_or(""), file.file());
}

TEST(GgufWriter, LeavesOutArraysWithoutTheirElements) {
  const auto header = read_bytes(good_gguf().file());
  ASSERT_TRUE(header);
  const auto bytes = encode_gguf_header(*header);
  ASSERT_TRUE(bytes);
  const auto again = read_bytes(*bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->find("tokenizer.ggml.tokens"), nullptr);
  EXPECT_EQ(again->metadata.size(), header->metadata.size() - 1);
}

TEST(GgufWriter, PadsHeadersToOneSize) {
  GgufHeader header = small_header();
  ASSERT_TRUE(lay_out_tensors(header));
  const std::uint64_t padded_size = (encode_gguf_header(header)->size() + kMaxHeaderPadding) / 32 * 32;
  const auto first = encode_gguf_header(header, padded_size);
  header.metadata[1] = gguf_uint32("llama.block_count.with_a_longer_name", 8);
  const auto second = encode_gguf_header(header, padded_size);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->size(), padded_size);
  EXPECT_EQ(second->size(), padded_size);
  const auto again = read_bytes(*second);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_EQ(again->data_offset, padded_size);
  const auto repadded = encode_gguf_header(*again, padded_size);
  EXPECT_EQ(repadded.value_or(""), *second) << "an old padding must give way to the new one";
}

TEST(GgufWriter, RefusesAPaddedSizeThatCannotBe) {
  GgufHeader header = small_header();
  ASSERT_TRUE(lay_out_tensors(header));
  for (const std::uint64_t size : {std::uint64_t{32}, std::uint64_t{100'001}}) {
    const auto bytes = encode_gguf_header(header, size);
    ASSERT_FALSE(bytes) << size;
    EXPECT_EQ(bytes.error().kind, ErrorKind::kBadInput);
  }
}

TEST(GgufWriter, RefusesRowsOfBrokenBlocksAndOverflow) {
  for (const Tensor& tensor :
       {Tensor{"x", GgmlType::kQ4_K, {255}}, Tensor{"x", GgmlType::kF32, {1ULL << 62U, 4}},
        Tensor{"x", GgmlType::kF32, {}}, Tensor{"x", GgmlType::kF32, {0}}}) {
    GgufHeader header;
    header.tensors = {tensor};
    const auto size = lay_out_tensors(header);
    ASSERT_FALSE(size);
    EXPECT_EQ(size.error().kind, ErrorKind::kBadInput);
    EXPECT_EQ(size.error().place, "x");
  }
}

TEST(GgufWriter, RefusesASumThatOverflows) {
  GgufHeader header;
  const Tensor vast{"x", GgmlType::kI8, {1ULL << 62U}};
  header.tensors = {vast, vast, vast, vast};
  EXPECT_FALSE(lay_out_tensors(header));
}

TEST(GgufWriter, RefusesTensorsThatAreNotLaidOut) {
  EXPECT_FALSE(encode_gguf_header(small_header()));
}

TEST(GgufWriter, RefusesValuesThatDoNotFitTheirType) {
  const std::vector<GgufValue> wrong = {
      {GgufValueType::kUint8, std::uint64_t{256}},
      {GgufValueType::kInt8, std::int64_t{-129}},
      {GgufValueType::kUint32, std::int64_t{-1}},
      {GgufValueType::kUint32, 1.0},
      {GgufValueType::kBool, std::uint64_t{2}},
      {GgufValueType::kUint32, std::string("text")},
      {GgufValueType::kString, std::uint64_t{1}},
      {GgufValueType::kArray, GgufArray{GgufValueType::kUint8, 1, {0.5}}},
      {GgufValueType::kArray, GgufArray{GgufValueType::kUint8, 1, {256}}},
      {GgufValueType::kArray, GgufArray{GgufValueType::kString, 1, {1}}},
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    GgufHeader header;
    header.metadata = {{"wrong", wrong[i]}};
    const auto bytes = encode_gguf_header(header);
    ASSERT_FALSE(bytes) << i;
    EXPECT_EQ(bytes.error().place, "wrong");
  }
}

TEST(GgufWriter, RefusesAnAlignmentThatContradictsTheMetadata) {
  GgufHeader header;
  header.metadata = {gguf_uint32("general.alignment", 64)};
  EXPECT_FALSE(encode_gguf_header(header));
  header.alignment = 64;
  EXPECT_TRUE(encode_gguf_header(header));
  header.metadata.clear();
  header.alignment = 48;
  EXPECT_FALSE(encode_gguf_header(header));
}

}  // namespace
}  // namespace tokcast
