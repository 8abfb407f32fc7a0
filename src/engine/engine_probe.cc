#include "engine/engine_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/child.h"
#include "base/text.h"
#include "engine/bench_parse.h"
#include "engine/engine_cache.h"

namespace tokcast {
namespace {

constexpr Seconds kProbeDeadline(10);
constexpr const char* kFix =
    "Choose another one with `tokcast engine use DIR`, or run `tokcast engine install`.";

std::unexpected<Error> broken(std::string message, const std::string& place) {
  return fail(ErrorKind::kEngineFailed, std::move(message), place, kFix);
}

// Output of a short question to the engine. Old ones answer on stderr.
Result<std::string> ask(const std::string& program, const std::string& question) {
  const ChildOptions options{.arguments = {program, question},
                             .environment = {{"GGML_NO_BACKTRACE", "1"}},
                             .deadline = kProbeDeadline,
                             .output_limit = kMebi};
  const auto child = run_child(options);
  if (!child && child.error().kind == ErrorKind::kInterrupted) return std::unexpected(child.error());
  if (!child) return broken("it cannot be started: " + child.error().message, program);
  if (child->exit_code != 0) {
    const std::string words = last_words(child->standard_error);
    return broken(fmt::format("asked for {}, it {}{}{}", question, describe_end(*child, options),
                              words.empty() ? "" : ": ", words),
                  program);
  }
  return child->standard_output + "\n" + child->standard_error;
}

// One line of the help: the option's names and, if it takes one, its argument.
void parse_help_line(std::string_view line, std::map<std::string, std::string>& options) {
  std::vector<std::string> names;
  std::string argument;
  for (const std::string_view word : split(trim(line), ' ')) {
    const bool name = word.size() > 1 && word[0] == '-';
    if (name) names.emplace_back(word.ends_with(',') ? word.substr(0, word.size() - 1) : word);
    if (!name) {
      if (word.starts_with('<')) argument = word;
      break;
    }
  }
  for (const std::string& name : names) options[name] = argument;
}

Result<std::map<std::string, std::string>> ask_options(const std::string& program) {
  const auto help = ask(program, "--help");
  if (!help) return std::unexpected(help.error());
  auto options = parse_bench_help(*help);
  if (options.empty())
    return broken("it is not llama-bench of llama.cpp: its help speaks of something else", program);
  const bool new_enough = options.contains("-d") && options["-o"].find("jsonl") != std::string::npos;
  if (!new_enough) {
    return fail(ErrorKind::kEngineFailed, "it is too old: its llama-bench lacks `-o jsonl` or `-d`", program,
                "Install a newer llama.cpp, for example with `tokcast engine install`.");
  }
  return options;
}

// llama-bench tells its version since September 2026; before that, another tool of the same build must.
Result<EngineVersion> ask_version(const std::string& directory, bool bench_tells) {
  const std::vector<std::string> tools =
      bench_tells ? std::vector<std::string>{"bench"} : std::vector<std::string>{"server", "cli", "quantize"};
  for (const std::string& tool : tools) {
    const std::string program = directory + "/llama-" + tool;
    std::error_code ignored;
    if (!std::filesystem::exists(program, ignored)) continue;
    const auto answer = ask(program, "--version");
    if (!answer && answer.error().kind == ErrorKind::kInterrupted) return std::unexpected(answer.error());
    if (!answer) continue;
    if (auto version = parse_version(*answer)) return *version;
  }
  return broken(bench_tells
                    ? "its llama-bench does not say which build it is"
                    : "its llama-bench is too old to say its build, and no llama-server beside it does",
                directory);
}

Result<Engine> ask_engine(const std::string& directory) {
  auto options = ask_options(directory + "/llama-bench");
  if (!options) return std::unexpected(options.error());
  auto version = ask_version(directory, options->contains("--version"));
  if (!version) return std::unexpected(version.error());
  Engine engine;
  engine.build = version->build;
  engine.version = std::move(version->text);
  engine.bench_options = std::move(*options);
  return engine;
}

// The first number in `text`, and only if it ends before a letter or comes whole: "4321 (abc" gives 4321.
std::optional<std::uint64_t> leading_number(std::string_view text) {
  const auto end = std::ranges::find_if(text, [](unsigned char c) { return std::isdigit(c) == 0; });
  return parse_uint(text.substr(0, static_cast<std::size_t>(end - text.begin())));
}

}  // namespace

std::map<std::string, std::string> parse_bench_help(std::string_view help) {
  std::map<std::string, std::string> options;
  for (const std::string_view line : split(help, '\n')) {
    if (trim(line).starts_with('-')) parse_help_line(line, options);
  }
  constexpr std::array<const char*, 4> kItsOwn{"-m", "--n-prompt", "--n-gen", "-o"};
  const bool recognised = std::ranges::all_of(kItsOwn, [&](auto option) { return options.contains(option); });
  return recognised ? options : std::map<std::string, std::string>{};
}

std::optional<EngineVersion> parse_version(std::string_view output) {
  constexpr std::string_view kPrefix = "version: ";
  constexpr std::string_view kBuild = "(build ";
  constexpr std::size_t kLongest = 120;
  for (const std::string_view line : split(output, '\n')) {
    if (!line.starts_with(kPrefix)) continue;
    const std::string_view text = trim(line.substr(kPrefix.size(), kLongest));
    const auto at = text.find(kBuild);
    const auto build = leading_number(at == std::string_view::npos ? text : text.substr(at + kBuild.size()));
    const bool old_style = at == std::string_view::npos && text.find(" (") != std::string_view::npos;
    const bool sane =
        build && (at != std::string_view::npos || (old_style && text.find('.') > text.find(' ')));
    if (sane) return EngineVersion{*build, printable(text)};
  }
  return std::nullopt;
}

Result<Engine> probe_engine(const std::string& directory, EngineSource source,
                            const std::string& cache_directory) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(directory, ignored)) {
    return fail(ErrorKind::kNotFound, "this file is not called llama-bench", directory, kFix);
  }
  if (!std::filesystem::is_regular_file(directory + "/llama-bench", ignored)) {
    return fail(ErrorKind::kNotFound, "there is no llama-bench in this directory", directory, kFix);
  }
  const std::uint64_t stamp = engine_stamp(directory);
  std::optional<Engine> known;
  if (!cache_directory.empty()) known = load_engine_facts(cache_directory, stamp);
  Result<Engine> engine = known ? Result<Engine>(std::move(*known)) : ask_engine(directory);
  if (!engine) return engine;
  if (!known && !cache_directory.empty()) save_engine_facts(cache_directory, stamp, *engine);
  engine->directory = directory;
  engine->source = source;
  engine->identity =
      fmt::format("llama.cpp-b{}-{:08x}", engine->build, static_cast<std::uint32_t>(stamp ^ (stamp >> 32U)));
  return engine;
}

}  // namespace tokcast
