#include "machine/isa_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(IsaName, BringsWhatIsIncludedInTheOrderOfAllNames) {
  EXPECT_THAT(with_included_isa(std::vector<std::string>{"avx2"}),
              ElementsAre("sse4.2", "avx", "avx2", "fma", "f16c"));
  EXPECT_THAT(with_included_isa(std::vector<std::string>{"sve2", "i8mm"}),
              ElementsAre("neon", "dotprod", "i8mm", "fp16", "sve", "sve2"));
}

TEST(IsaName, DropsWhatIsNoName) {
  EXPECT_THAT(with_included_isa(std::vector<std::string>{"mmx", "avx", ""}), ElementsAre("sse4.2", "avx"));
  EXPECT_THAT(without_included_isa(std::vector<std::string>{"mmx"}), IsEmpty());
}

TEST(IsaName, LeavesTheFewestNamesThatBringTheOthers) {
  EXPECT_THAT(
      without_included_isa(std::vector<std::string>{"sse4.2", "avx", "avx2", "fma", "f16c", "avxvnni"}),
      ElementsAre("avxvnni"));
  EXPECT_THAT(without_included_isa(std::vector<std::string>{"avxvnni", "avx512bf16"}),
              ElementsAre("avx512bf16", "avxvnni"));
}

TEST(IsaName, ComesBackFromTheFewestNamesForEveryName) {
  for (const std::string_view name : isa_names()) {
    const std::vector<std::string> all = with_included_isa(std::vector<std::string>{std::string(name)});
    EXPECT_THAT(without_included_isa(all), ElementsAre(name));
    EXPECT_NE(isa_architecture(name), "unknown");
  }
  EXPECT_EQ(isa_architecture("mmx"), "unknown");
}

}  // namespace
}  // namespace tokcast
