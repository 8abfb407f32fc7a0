#include "machine/kernel_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

constexpr std::string_view kCpuinfo =
    "processor\t: 0\ncpu MHz\t\t: 2300.000\n\nprocessor\t: 1\ncpu MHz : 2400.5";

TEST(KernelText, FindsAFieldAndAllFieldsOfAName) {
  EXPECT_EQ(find_field(kCpuinfo, "cpu MHz"), "2300.000");
  EXPECT_EQ(find_field(kCpuinfo, "MHz"), std::nullopt);
  EXPECT_THAT(find_fields(kCpuinfo, "processor"), ElementsAre("0", "1"));
  EXPECT_THAT(find_fields(kCpuinfo, "cpu MHz"), ElementsAre("2300.000", "2400.5"));
}

TEST(KernelText, ReadsKibibytesUnlessTheyOverflow) {
  EXPECT_EQ(find_kibibytes("MemTotal:   16 kB\n", "MemTotal"), Bytes(16 * kKibi.value));
  EXPECT_EQ(find_kibibytes("MemTotal: 18446744073709551615 kB", "MemTotal"), std::nullopt);
  EXPECT_EQ(find_kibibytes("MemTotal: lots", "MemTotal"), std::nullopt);
  EXPECT_EQ(find_kibibytes("MemTotal:", "MemTotal"), std::nullopt);
}

TEST(KernelText, ReadsListsOfProcessors) {
  EXPECT_THAT(parse_cpu_list("0-3,8\n"), Optional(ElementsAre(0, 1, 2, 3, 8)));
  EXPECT_THAT(parse_cpu_list(" 7 "), Optional(ElementsAre(7)));
  EXPECT_THAT(parse_cpu_list("\n"), Optional(IsEmpty()));
}

TEST(KernelText, RefusesWhatNoKernelWrites) {
  for (const char* text : {"3-1", "x", "-", "1-", "-1", "0,", ",0", "0-3,2", "0-3,3", "1,1", "0-99999999999",
                           "65536", "0x10", "010", "0-3-5", "0 1", "0-3\n4"}) {
    EXPECT_EQ(parse_cpu_list(text), std::nullopt) << text;
  }
}

TEST(KernelText, BoundsTheWorkOfAListOfManyRanges) {
  std::string text = "0-65535";
  for (int i = 0; i < 100'000; ++i) text += ",0-65535";
  EXPECT_EQ(parse_cpu_list(text), std::nullopt);
}

TEST(KernelText, ReadsSizesOfCaches) {
  EXPECT_EQ(parse_cache_size("32K"), Bytes(32 * kKibi.value));
  EXPECT_EQ(parse_cache_size("12M"), Bytes(12ULL * 1024 * 1024));
  EXPECT_EQ(parse_cache_size("512"), Bytes(512));
  EXPECT_EQ(parse_cache_size("K"), std::nullopt);
  EXPECT_EQ(parse_cache_size(""), std::nullopt);
  EXPECT_EQ(parse_cache_size("18446744073709551615M"), std::nullopt);
}

TEST(KernelText, TakesWordsApart) {
  EXPECT_THAT(words_of(" fpu  avx\tavx2\n"), ElementsAre("fpu", "avx", "avx2"));
  EXPECT_THAT(words_of(""), IsEmpty());
}

}  // namespace
}  // namespace tokcast
