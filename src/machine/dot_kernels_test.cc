#include "machine/dot_kernels.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "machine/kernels.h"

namespace tokcast {
namespace {

// `count` whole numbers from `least` to `most`, in no order.
std::vector<float> numbers(std::size_t count, int least, int most) {
  std::minstd_rand random(1);
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1)));
  }
  return values;
}

float plain_dot(const float* a, const float* b, std::size_t depth) {
  return std::inner_product(a, a + depth, b, 0.0F);
}

void expect_right(const DotKernel& kernel, const std::vector<float>& a, const std::vector<float>& b,
                  std::uint64_t iterations) {
  const auto rows = encode_elements(kernel.type, a);
  const auto columns = encode_elements(kernel.type, b);
  std::vector<float> sums(std::size_t{kernel.rows} * kernel.columns);
  kernel.run(rows[0].bytes.data(), columns[0].bytes.data(), sums.data(), iterations);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::size_t row = i / kernel.columns, column = i % kernel.columns, depth = kernel.depth();
    const float once = plain_dot(&a[row * depth], &b[column * depth], depth);
    EXPECT_EQ(sums[i], static_cast<float>(iterations) * once)
        << fmt::format("{} {}, row {}, column {}", kernel.type, kernel.path, row, column);
  }
}

// Small whole numbers: every type holds them and their sums exactly.
TEST(DotKernels, MultiplyAsAPlainLoopDoes) {
  for (const DotKernel& kernel : dot_kernels()) {
    if (!kernel.available()) continue;
    const auto a = numbers(kernel.rows * kernel.depth(), 0, 2);
    const auto b = numbers(kernel.columns * kernel.depth(), -2, 2);
    for (const std::uint64_t iterations : {1, 2, 3}) expect_right(kernel, a, b, iterations);
  }
}

TEST(DotKernels, MultiplyTheLargestInt8Exactly) {
  for (const DotKernel& kernel : dot_kernels()) {
    if (kernel.type != "int8" || !kernel.available()) continue;
    const std::vector<float> a(kernel.rows * kernel.depth(), 127.0F);
    for (const float extreme : {-127.0F, 127.0F}) {
      expect_right(kernel, a, std::vector<float>(kernel.columns * kernel.depth(), extreme), 1);
    }
  }
}

TEST(DotKernels, DoNothingInNoIterations) {
  for (const DotKernel& kernel : dot_kernels()) {
    if (!kernel.available()) continue;
    const std::vector<float> ones(std::max(kernel.rows, kernel.columns) * kernel.depth(), 1.0F);
    expect_right(kernel, ones, ones, 0);
  }
}

TEST(DotKernels, FitTheBuffersOfThoseWhoRunThem) {
  for (const DotKernel& kernel : dot_kernels()) {
    EXPECT_LE(kernel.rows * kernel.columns, kMostDotSums) << kernel.path;
    EXPECT_EQ(kernel.operations(), 2.0 * kernel.rows * kernel.columns * static_cast<double>(kernel.depth()));
  }
}

TEST(DotKernels, AnyMachineMultipliesInt8AndFp32) {
  EXPECT_TRUE(portable_dot_kernels()[0].available());
  EXPECT_EQ(portable_dot_kernels()[0].type, "int8");
  EXPECT_EQ(portable_dot_kernels()[1].type, "fp32");
  EXPECT_EQ(portable_dot_kernels()[1].path, vector_path());
}

TEST(EncodeElements, WritesTheBitsOfEachType) {
  const auto bits = [](std::string_view type, float value) {
    const auto lines = encode_elements(type, std::vector{value});
    return std::to_integer<int>(lines[0].bytes[0]) | std::to_integer<int>(lines[0].bytes[1]) << 8;
  };
  EXPECT_EQ(bits("int8", -3), 0xfd);
  EXPECT_EQ(bits("fp16", 0), 0);
  EXPECT_EQ(bits("fp16", 1), 0x3c00);
  EXPECT_EQ(bits("fp16", -2.5), 0xc100);
  EXPECT_EQ(bits("bf16", 1), 0x3f80);
  EXPECT_EQ(bits("bf16", -3), 0xc040);
}

TEST(SumWords, CountsEachWordOnce) {
  struct alignas(64) {
    std::uint64_t words[1000];
  } data;
  std::iota(std::begin(data.words), std::end(data.words), 1ULL << 40);
  for (const std::size_t count : {0, 1, 63, 64, 65, 1000}) {
    const auto plain = std::accumulate(data.words, data.words + count, std::uint64_t{0});
    EXPECT_EQ(sum_words(data.words, count), plain) << count;
  }
}

}  // namespace
}  // namespace tokcast
