#include "cli/manual.h"

#include <gtest/gtest.h>

#include "base/child.h"
#include "base/text.h"
#include "cli/small_program_test_util.h"
#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

std::string page_of(const std::string& path) {
  const auto tree = command_tree(*small_program());
  return manual_page(*find_command(tree, path), tree, "1.2");
}

// The page as man shows it; nullopt where there is no groff. Warnings are failures.
std::optional<std::string> shown(const std::string& page) {
  const TemporaryDirectory folder;
  write_text(folder / "page.1", page);
  const auto result =
      run_child({.arguments = {"man", "--warnings", "-E", "UTF-8", "-l", folder / "page.1"},
                 .environment = {{"MANWIDTH", "80"}, {"MAN_KEEP_FORMATTING", ""}, {"LC_ALL", "C.UTF-8"}}});
  if (!result || result->exit_code != 0) return std::nullopt;
  EXPECT_EQ(result->standard_error, "") << page;
  return result->standard_output;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(ManualPage, NamesThePageAsManLooksForIt) {
  EXPECT_EQ(manual_name("tokcast promises show"), "tokcast-promises-show");
  EXPECT_TRUE(page_of("tokcast promises show").starts_with(".TH TOKCAST\\-PROMISES\\-SHOW 1 "));
}

TEST(ManualPage, TellsArgumentsOptionsAndTheirGroups) {
  const std::string page = page_of("tokcast probe");
  EXPECT_TRUE(holds(page, "\\fB\\-b\\fR, \\fB\\-\\-budget\\fR \\fISECONDS\\fR\nAt most")) << page;
  EXPECT_TRUE(holds(page, ".SS The turn\n"));
  EXPECT_TRUE(holds(page_of("tokcast promises"), "[\\fIMODEL\\fR]\n"));
  EXPECT_TRUE(holds(page_of("tokcast promises show"), "\n\\fIID\\fR\n"));
}

TEST(ManualPage, KeepsDotsAndBackslashesFromBeingRequests) {
  EXPECT_TRUE(holds(page_of("tokcast probe"), "\\&.Takes 5 s.\n"));
  EXPECT_TRUE(holds(page_of("tokcast promises show"), "show 3 \\e it's\n"));
}

TEST(ManualPage, LeadsToThePagesAboveAndBelow) {
  EXPECT_TRUE(holds(page_of("tokcast"), ".BR tokcast\\-probe (1)\nWhat this machine is"));
  EXPECT_TRUE(holds(page_of("tokcast probe"), ".SH SEE ALSO\n.BR tokcast (1)\n"));
  EXPECT_FALSE(holds(page_of("tokcast"), "SEE ALSO"));
}

TEST(ManualPage, IsShownByManWithoutAWarning) {
  for (const CommandEntry& entry : command_tree(*small_program())) {
    const auto text = shown(page_of(entry.path));
    if (!text) GTEST_SKIP() << "no man with groff here";
    EXPECT_TRUE(holds(*text, entry.path)) << *text;
  }
}

}  // namespace
}  // namespace tokcast
