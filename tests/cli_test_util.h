// The real executable with a home of its own and an engine made of shell script.
#ifndef TOKCAST_TESTS_CLI_TEST_UTIL_H_
#define TOKCAST_TESTS_CLI_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/child.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/fake_engine_test_util.h"

namespace tokcast {

// Small enough to be rehearsed by the fake engine in a blink.
constexpr const char* kSmall = "smollm2-135m-instruct";

// A home of its own with an engine made of shell script, and the executable run in it.
class Cli : public testing::Test {
 protected:
  Cli() { use_engine({}); }

  void use_engine(const FakeEngine& fake) { write_fake_engine(home_ / "engine", fake); }
  void set(const std::string& name, const std::string& value) { environment_.emplace_back(name, value); }

  ChildResult tokcast(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), TOKCAST_BINARY);
    return run(std::move(arguments));
  }

  ChildResult run(std::vector<std::string> arguments) {
    // A calibration writes gigabytes, with checks of every access and other tests beside it.
    ChildOptions options{.arguments = std::move(arguments), .deadline = Seconds(240)};
    options.environment = {
        {"HOME", home_.path()},
        {"XDG_CACHE_HOME", ""},
        {"XDG_CONFIG_HOME", ""},
        {"XDG_DATA_HOME", ""},
        {"NO_COLOR", ""},
        {"CLICOLOR_FORCE", ""},
        {"COLUMNS", "80"},
        {"TERM", "xterm"},
        {"TOKCAST_ENGINE", home_ / "engine"},
        // Other tests may run beside this one; the fake engine's times do not suffer from them.
        {"TOKCAST_OTHERS_SHARE", "0"}};
    options.environment.insert(options.environment.end(), environment_.begin(), environment_.end());
    auto result = run_child(options);
    EXPECT_TRUE(result) << describe(result.error());
    return result.value_or(ChildResult{});
  }

  // How often the engine was asked to measure.
  std::size_t measurements() const {
    std::size_t count = 0;
    const std::string log = read_text(home_ / "engine/llama-bench.log");
    for (const std::string_view line : split(log, '\n')) {
      if (line.find("jsonl") != std::string_view::npos) ++count;
    }
    return count;
  }

  TemporaryDirectory home_;

 private:
  std::vector<std::pair<std::string, std::string>> environment_{};
};

inline Json parsed(const ChildResult& result) {
  auto json = parse_json(result.standard_output, "standard output");
  EXPECT_TRUE(json) << result.standard_output << result.standard_error;
  return json.value_or(Json());
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

inline std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  for (const std::string_view line : split(text, '\n')) {
    const auto continues = [](unsigned char c) { return (c & 0xC0U) == 0x80U; };
    const auto width = line.size() - static_cast<std::size_t>(std::ranges::count_if(line, continues));
    widest = std::max(widest, width);
  }
  return widest;
}

}  // namespace tokcast

#endif  // TOKCAST_TESTS_CLI_TEST_UTIL_H_
