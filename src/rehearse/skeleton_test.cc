#include "rehearse/skeleton.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "model/gguf_reader.h"
#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

GgufHeader header_behind(const Skeleton& skeleton) {
  const auto header = read_gguf_file(skeleton.path(), GgufData::kRequired);
  EXPECT_TRUE(header) << describe(header.error());
  return header.value_or(GgufHeader{});
}

Skeleton write_tiny() {
  const Shape shape = tiny_shape();
  auto skeleton = Skeleton::write(shape, {.large = {0, 1, 2}, .small_count = 1}, std::nullopt);
  EXPECT_TRUE(skeleton) << describe(skeleton.error());
  return std::move(*skeleton);
}

TEST(Skeleton, IsAValidFileInBothSizes) {
  Skeleton skeleton = write_tiny();
  const GgufHeader large = header_behind(skeleton);
  EXPECT_EQ(large.find_uint("llama.block_count"), 3U);
  ASSERT_TRUE(skeleton.become_small());
  const GgufHeader small = header_behind(skeleton);
  EXPECT_EQ(small.find_uint("llama.block_count"), 1U);
  EXPECT_LT(small.tensors.size(), large.tensors.size());
  ASSERT_TRUE(skeleton.become_large());
  EXPECT_EQ(header_behind(skeleton).tensors.size(), large.tensors.size());
}

TEST(Skeleton, OfFewerLayersReadsTheSameBytes) {
  Skeleton skeleton = write_tiny();
  const GgufHeader large = header_behind(skeleton);
  ASSERT_TRUE(skeleton.become_small());
  const GgufHeader small = header_behind(skeleton);
  EXPECT_EQ(small.data_offset, large.data_offset);
  for (std::size_t i = 0; i < small.tensors.size(); ++i) {
    EXPECT_EQ(small.tensors[i].name, large.tensors[i].name);
    EXPECT_EQ(small.offsets[i], large.offsets[i]);
  }
}

TEST(Skeleton, HasAllItsBytesWritten) {
  const Skeleton skeleton = write_tiny();
  const GgufHeader header = header_behind(skeleton);
  for (std::size_t i = 0; i < header.tensors.size(); ++i) {
    const std::uint64_t size = header.tensors[i].bytes().value;
    std::vector<char> bytes(size);
    const auto offset = static_cast<off_t>(header.data_offset + header.offsets[i]);
    ASSERT_EQ(pread(skeleton.descriptor(), bytes.data(), size, offset), static_cast<ssize_t>(size));
    EXPECT_NE(std::count(bytes.begin(), bytes.end(), '\0'), static_cast<std::ptrdiff_t>(size))
        << header.tensors[i].name << " is empty";
  }
}

TEST(Skeleton, HasNoNameInAnyFolder) {
  const Skeleton skeleton = write_tiny();
  std::array<char, 256> target{};
  ASSERT_GT(readlink(skeleton.path().c_str(), target.data(), target.size() - 1), 0);
  EXPECT_EQ(std::string(target.data()).find("/memfd:"), 0U);
}

TEST(Skeleton, ThatWouldNotFitInMemoryIsRefusedBeforeItIsWritten) {
  const Shape shape = tiny_shape();
  const auto skeleton = Skeleton::write(shape, {.large = {0, 1, 2}, .small_count = 1}, Bytes(1000));
  ASSERT_FALSE(skeleton);
  EXPECT_EQ(skeleton.error().kind, ErrorKind::kDoesNotFit);
  EXPECT_FALSE(skeleton.error().fix.empty());
}

TEST(Skeleton, CanHaveAllLayers) {
  const Shape shape = tiny_shape();
  const auto full = Skeleton::write_full(shape, std::nullopt);
  ASSERT_TRUE(full);
  EXPECT_EQ(header_behind(*full).find_uint("llama.block_count"), shape.layers.size());
  EXPECT_GE(full->bytes(), shape.weight_bytes());
}

}  // namespace
}  // namespace tokcast
