#include "cli/application.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ranges>
#include <string_view>

#include "base/text.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/serve_command.h"

namespace tokcast {
namespace {

using Arguments = std::vector<std::string>;

constexpr std::string_view kExamples = R"(
Examples:
  tokcast                                  what to run here, for a voice turn
  tokcast recommend --reply 300 --budget 30
  tokcast rehearse llama-3.2-3b-instruct   20 s of work instead of a download
  tokcast forecast llama-3.2-3b-instruct --prompt 1000
  tokcast probe                            this machine, and what holds it back
  tokcast pull user/repo-GGUF:Q4_K_M       fetches a model, resumed and verified
  tokcast bench ./model.gguf               measures it, against its promise
  tokcast promises                         promised against actual
  tokcast report --open                    all of it as one page
  tokcast engine install                   a private llama.cpp, without root

MODEL is a GGUF file, or an id of `tokcast models` with an optional
quantisation: llama-2-13b-chat, llama-2-13b-chat:Q8_0

Exit codes: 0 done, keeps its budget; 1 failed or not known; 2 usage;
20 at risk; 21 breaks its budget; 22 does not fit; 30 disk full; 31 checksum;
32 network; 33 not found; 34 bad input; 130 and 143 interrupted

Colour follows NO_COLOR, CLICOLOR_FORCE and TERM; width follows COLUMNS.)";

struct Parser {
  CLI::App root{"Which LLM runs within your time on this machine, before you download it.", "tokcast"};
  std::vector<Command> commands{};
  bool version = false;
  bool json = false;

  Parser() {
    root.require_subcommand(0, 1);
    root.get_formatter()->column_width(32);
    root.set_help_flag("-h,--help", "Show this help");
    root.add_flag("--version", version, "Show the version (also with --json)");
    root.add_flag("--json", json)->group("");
    root.footer(std::string(kExamples.substr(1)));
    for (const auto add : {add_recommend, add_forecast, add_rehearse, add_calibrate, add_probe, add_setup,
                           add_pull, add_bench, add_promises, add_report, add_serve, add_models, add_registry,
                           add_engine, add_gather, add_completion, add_man, add_gpu_library}) {
      commands.push_back(add(root));
    }
  }
};

Error usage(std::string message, std::string fix) {
  return {ErrorKind::kUsage, std::move(message), {}, std::move(fix)};
}

bool asks_for(const Arguments& arguments, std::initializer_list<std::string_view> flags) {
  return std::ranges::any_of(arguments,
                             [&](const std::string& a) { return std::ranges::count(flags, a) > 0; });
}

// `tokcast` alone is `tokcast recommend`, and `tokcast help X` is `tokcast X --help`.
void complete(Arguments& arguments) {
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
    return;
  }
  const bool has_command = !arguments.empty() && !arguments.front().starts_with('-');
  if (has_command || asks_for(arguments, {"-h", "--help", "--version"})) return;
  arguments.insert(arguments.begin(), "recommend");
}

Result<void> check_command(const Parser& parser, const Arguments& arguments) {
  if (arguments.front().starts_with('-')) return {};
  const std::string& word = arguments.front();
  Arguments names;
  for (const Command& command : parser.commands) {
    if (command.parser->get_name() == word) return {};
    if (!command.parser->get_group().empty()) names.push_back(command.parser->get_name());
  }
  const std::string there = fmt::format("There are {}.", fmt::join(names, ", "));
  const auto nearest = nearest_word(word, names);
  return std::unexpected(usage(fmt::format("there is no command '{}'", printable(word)),
                               nearest ? fmt::format("Did you mean `tokcast {}`?", *nearest) : there));
}

// The command that was parsed, of the deepest level.
const CLI::App& chosen_parser(const CLI::App& parser) {
  const auto chosen = parser.get_subcommands();
  return chosen.empty() ? parser : chosen_parser(*chosen.front());
}

std::string name_with_parents(const CLI::App& parser) {
  const CLI::App* parent = parser.get_parent();
  return parent == nullptr ? parser.get_name() : name_with_parents(*parent) + " " + parser.get_name();
}

void print_help(const CLI::App& parser) {
  const CLI::App* parent = parser.get_parent();
  print_text(parser.help(parent == nullptr ? "" : name_with_parents(*parent)));
}

Error unexpected_argument(const CLI::App& parser, const std::string& argument) {
  const std::string help = fmt::format("See `{} --help`.", name_with_parents(parser));
  if (!argument.starts_with('-'))
    return usage(fmt::format("'{}' is one too many", printable(argument)), help);
  Arguments known;
  for (const CLI::Option* option : parser.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string typed = argument.substr(0, argument.find('='));
  const auto nearest = nearest_word(typed, known);
  return usage(fmt::format("there is no option '{}'", printable(typed)),
               nearest ? fmt::format("Did you mean {}?", *nearest) : help);
}

// Parses; nullopt if all is well, else the exit status, the reason printed. The parser's exceptions end here.
std::optional<int> parse(Parser& parser, Arguments arguments) {
  std::ranges::reverse(arguments);  // as CLI11 wants them
  try {
    parser.root.parse(std::move(arguments));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    print_help(chosen_parser(parser.root));
    return 0;
  } catch (const CLI::ExtrasError&) {
    const Error error = unexpected_argument(chosen_parser(parser.root), parser.root.remaining(true).front());
    say(describe(error));
    return exit_status(error);
  } catch (const CLI::ParseError& parse_error) {
    const std::string help = fmt::format("See `{} --help`.", name_with_parents(chosen_parser(parser.root)));
    const Error error = usage(parse_error.what(), help);
    say(describe(error));
    return exit_status(error);
  }
}

void print_version(bool json) {
  if (!json) return print_text("tokcast " TOKCAST_VERSION "\n");
  print_json({{"schema", "tokcast.version/1"}, {"name", "tokcast"}, {"version", TOKCAST_VERSION}});
}

Result<ExitCode> run(const Parser& parser) {
  if (parser.version) {
    print_version(parser.json);
    return ExitCode::kDone;
  }
  const auto chosen =
      std::ranges::find_if(parser.commands, [](const Command& c) { return c.parser->parsed(); });
  return chosen->run();
}

int failed(const Error& error) {
  say(describe(error));
  return exit_status(error);
}

}  // namespace

int run_application(std::vector<std::string> arguments) {
  Parser parser;
  complete(arguments);
  if (auto known = check_command(parser, arguments); !known) return failed(known.error());
  if (const auto status = parse(parser, std::move(arguments))) return *status;
  const Result<ExitCode> code = run(parser);
  if (!code) return failed(code.error());
  if (auto written = finish_output(); !written) return failed(written.error());
  return static_cast<int>(*code);
}

}  // namespace tokcast
