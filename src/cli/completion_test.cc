#include "cli/completion.h"

#include <gtest/gtest.h>

#include "base/child.h"
#include "base/text.h"
#include "cli/small_program_test_util.h"

namespace tokcast {
namespace {

std::vector<CommandEntry> tree() {
  return command_tree(*small_program());
}

// What a shell prints when it runs `script`; nullopt where there is no such shell.
std::optional<std::string> said_by(const std::string& shell, const std::string& script) {
  const auto result = run_child({.arguments = {shell, "-c", script}});
  if (!result) return std::nullopt;
  EXPECT_EQ(result->standard_error, "") << script;
  return result->standard_output;
}

// What bash would offer after these words, the last one being typed, as it is or made from it.
std::string offered(const std::string& words) {
  const std::string script = bash_completion(tree()) + "COMP_WORDS=(" + words +
                             ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\ncompopt() { :; }\n_tokcast\n"
                             "printf '%s ' \"${COMPREPLY[@]}\"\n";
  return std::string(trim(said_by("bash", script).value_or("no bash")));
}

TEST(CommandTree, HoldsWhatHelpListsAndNothingHidden) {
  const auto all = tree();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1].path, "tokcast promises");
  EXPECT_EQ(all[2].path, "tokcast promises show");
  EXPECT_EQ(find_command(all, "tokcast hidden"), nullptr);
  EXPECT_TRUE(all[2].arguments.at(0).required);
}

TEST(CommandTree, TellsWhatAnOptionTakes) {
  const auto all = tree();
  const CommandEntry& probe = *find_command(all, "tokcast probe");
  const auto takes = [&probe](const std::string& name) {
    for (const OptionEntry& option : probe.options) {
      if (option.names.back() == name) return option.takes;
    }
    return Takes::kNothing;
  };
  EXPECT_EQ(takes("--save"), Takes::kFile);
  EXPECT_EQ(takes("--root"), Takes::kDirectory);
  EXPECT_EQ(takes("--budget"), Takes::kWord);
  EXPECT_EQ(takes("--quick"), Takes::kNothing);
}

TEST(BashCompletion, OffersCommandsAndThoseBelow) {
  EXPECT_EQ(offered("tokcast pro"), "promises probe");
  EXPECT_EQ(offered("tokcast promises s"), "show");
  EXPECT_EQ(offered("tokcast promises show s"), "") << "there is nothing below";
}

TEST(BashCompletion, OffersTheOptionsOfTheCommandThatWasTyped) {
  EXPECT_EQ(offered("tokcast probe --"), "--help --save --root --budget --quick");
  EXPECT_EQ(offered("tokcast probe --quick --bu"), "--budget");
}

TEST(BashCompletion, OffersNothingWhereANumberIsWanted) {
  EXPECT_EQ(offered("tokcast probe --budget ''"), "");
  EXPECT_EQ(offered("tokcast probe -b ''"), "");
}

TEST(BashCompletion, OffersFoldersWhereOneIsWanted) {
  EXPECT_EQ(offered("tokcast probe --root /us"), "/usr");
}

TEST(ZshCompletion, IsAScriptThatZshReads) {
  const auto said = said_by("zsh", "compdef() { print -r -- \"$@\" }\n" + zsh_completion(tree()));
  if (!said) GTEST_SKIP() << "no zsh here";
  EXPECT_EQ(*said, "_tokcast tokcast\n");
}

TEST(FishCompletion, OffersCommandsAndOptions) {
  const auto offers = [](const std::string& line) {
    return said_by("fish", fish_completion(tree()) + "complete -C " + "'" + line + "'\n");
  };
  const auto said = offers("tokcast pro");
  if (!said) GTEST_SKIP() << "no fish here";
  EXPECT_EQ(*said, "probe\tWhat this machine is; isn't it?\npromises\tPromised against actual\n");
  EXPECT_EQ(*offers("tokcast probe --bu"), "--budget\tAt most\n");
}

}  // namespace
}  // namespace tokcast
