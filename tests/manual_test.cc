// Manual pages and completions of the real commands.
#include <gtest/gtest.h>

#include <filesystem>

#include "cli_test_util.h"

namespace tokcast {
namespace {

class Manual : public Cli {};

TEST_F(Manual, HasAPageForEveryCommandThatManShowsWithoutAWarning) {
  ASSERT_EQ(tokcast({"man", "--directory", home_ / "man1"}).exit_code, 0);
  if (run({"sh", "-c", "command -v man groff"}).exit_code != 0) GTEST_SKIP() << "no man with groff here";
  std::size_t pages = 0;
  for (const auto& file : std::filesystem::directory_iterator(home_ / "man1")) {
    const ChildResult shown = run({"man", "--warnings", "-E", "UTF-8", "-l", file.path()});
    EXPECT_EQ(shown.exit_code, 0) << file;
    EXPECT_EQ(shown.standard_error, "") << file;
    ++pages;
  }
  EXPECT_GE(pages, 20U);
}

TEST_F(Manual, SaysWhatHelpSays) {
  const std::string page = tokcast({"man", "promises", "show"}).standard_output;
  EXPECT_TRUE(contains(page, "One promise with all its actuals")) << page;
  EXPECT_TRUE(contains(page, "tokcast promises show 3"));
  EXPECT_EQ(tokcast({"man", "no-such"}).exit_code, 2);
  EXPECT_EQ(tokcast({"man", "gpu-library"}).exit_code, 2) << "nobody calls it by hand";
}

TEST_F(Manual, CompletesCommandsAndOptionsInBash) {
  const std::string script = tokcast({"completion", "bash"}).standard_output;
  const auto offered = [&](const std::string& words) {
    return run({"bash", "-c",
                script + "compopt() { :; }\nCOMP_WORDS=(" + words +
                    ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_tokcast\necho ${COMPREPLY[@]}\n"})
        .standard_output;
  };
  EXPECT_EQ(offered("tokcast forec"), "forecast\n");
  EXPECT_EQ(offered("tokcast promises acc"), "accept\n");
  EXPECT_EQ(offered("tokcast forecast qwen3-4b --evid"), "--evidence\n");
  EXPECT_EQ(offered("tokcast serve --mod"), "--model\n");
  EXPECT_EQ(offered("tokcast gpu"), "\n");
}

TEST_F(Manual, RefusesAShellItDoesNotKnow) {
  EXPECT_EQ(tokcast({"completion", "csh"}).exit_code, 2);
}

}  // namespace
}  // namespace tokcast
