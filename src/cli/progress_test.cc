#include "cli/progress.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

namespace tokcast {
namespace {

// What `use` makes a Progress print.
template <typename Use>
std::string printed(const Terminal& terminal, Use use) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* stream = open_memstream(&text, &size);
  {
    Progress progress(stream, terminal);
    use(progress);
  }
  std::fclose(stream);
  const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
  return {text, size};
}

void rehearse_two(Progress& progress) {
  progress.begin("one");
  progress.detail("round 1");
  progress.begin("two");
}

TEST(Progress, IsALineForEachThingWhereThereIsNoTerminal) {
  EXPECT_EQ(printed({.rewrites_lines = false, .width = 80}, rehearse_two), "one\ntwo\n");
}

TEST(Progress, IsOneLineOnATerminalAndLeavesNothing) {
  EXPECT_EQ(printed({.rewrites_lines = true, .width = 80}, rehearse_two),
            "\r\x1b[Kone\r\x1b[Kone: round 1\r\x1b[Ktwo\r\x1b[K");
}

TEST(Progress, NeverWrapsTheTerminal) {
  const auto begin_long = [](Progress& progress) { progress.begin(std::string(100, 'x')); };
  EXPECT_EQ(printed({.rewrites_lines = true, .width = 40}, begin_long),
            "\r\x1b[K" + std::string(38, 'x') + "…\r\x1b[K");
}

}  // namespace
}  // namespace tokcast
