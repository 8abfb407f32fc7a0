#include "bench/generated.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

constexpr std::string_view kDocument =
    "before\n<!-- generated: a -->\nold\n<!-- end: a -->\nbetween\n<!-- generated: b -->\n<!-- end: b -->\n";

TEST(Generated, ReplacesOneBlockAndNothingElse) {
  const auto out = with_generated_block(kDocument, "a", "new\nlines");
  ASSERT_TRUE(out);
  EXPECT_EQ(*out,
            "before\n<!-- generated: a -->\nnew\nlines\n<!-- end: a -->\nbetween\n"
            "<!-- generated: b -->\n<!-- end: b -->\n");
  EXPECT_EQ(*with_generated_block(*out, "a", "new\nlines"), *out) << "twice is as once";
}

TEST(Generated, FindsABlockAlsoAnEmptyOne) {
  EXPECT_EQ(generated_block(kDocument, "a"), "old\n");
  EXPECT_EQ(generated_block(kDocument, "b"), "");
  EXPECT_FALSE(generated_block(kDocument, "c"));
}

TEST(Generated, ABlockThatIsMissingOrNeverEndsIsAnError) {
  EXPECT_FALSE(with_generated_block(kDocument, "c", "x"));
  EXPECT_FALSE(with_generated_block("<!-- generated: a -->\nold\n", "a", "x"));
}

}  // namespace
}  // namespace tokcast
