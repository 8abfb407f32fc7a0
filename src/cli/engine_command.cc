// `tokcast engine`: the llama.cpp that is measured and run.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "engine/engine.h"
#include "engine/install.h"

namespace tokcast {
namespace {

std::string_view source_name(EngineSource source) {
  switch (source) {
    case EngineSource::kOption:
      return "option";
    case EngineSource::kEnvironment:
      return "environment";
    case EngineSource::kConfigured:
      return "configured";
    case EngineSource::kPath:
      return "path";
    case EngineSource::kPrivate:
      return "private";
  }
  return "private";
}

std::string_view source_in_words(EngineSource source) {
  switch (source) {
    case EngineSource::kOption:
      return "--engine";
    case EngineSource::kEnvironment:
      return "TOKCAST_ENGINE";
    case EngineSource::kConfigured:
      return "`tokcast engine use`";
    case EngineSource::kPath:
      return "PATH";
    case EngineSource::kPrivate:
      return "`tokcast engine install`";
  }
  return "";
}

bool is_used(const EngineCandidate& candidate, const Result<Engine>& used) {
  return used && candidate.engine && candidate.source == used->source &&
         candidate.directory == used->directory;
}

Json candidate_json(const EngineCandidate& candidate, bool in_use) {
  const auto& engine = candidate.engine;
  Json problem;
  if (!engine) {
    problem = {{"code", error_kind_name(engine.error().kind)}, {"message", describe(engine.error())}};
  }
  return {{"source", source_name(candidate.source)},
          {"directory", candidate.directory.empty() ? Json() : Json(candidate.directory)},
          {"in_use", in_use},
          {"name", engine ? Json(engine->name) : Json()},
          {"version", engine ? Json(engine->version) : Json()},
          {"identity", engine ? Json(engine->identity) : Json()},
          {"problem", std::move(problem)}};
}

std::string candidate_text(const EngineCandidate& candidate, bool in_use) {
  const std::string mark = in_use ? "* " : "  ";
  const std::string from = fmt::format("{}{}", mark, source_in_words(candidate.source));
  if (candidate.engine) {
    return fmt::format("{}: {} {}\n    {}{}\n", from, candidate.engine->name,
                       printable(candidate.engine->version), printable(candidate.directory),
                       in_use ? "   (in use)" : "");
  }
  const std::string where =
      candidate.directory.empty() ? "" : fmt::format("    {}\n", printable(candidate.directory));
  return fmt::format("{}: {}\n{}", from, describe(candidate.engine.error()), where);
}

Result<ExitCode> list(bool json) {
  const EngineSearch search = default_engine_search();
  const auto used = find_engine(search);
  Json engines = Json::array();
  for (const EngineCandidate& candidate : list_engines(search)) {
    const bool in_use = is_used(candidate, used);
    if (json) engines.push_back(candidate_json(candidate, in_use));
    if (!json) print_text(candidate_text(candidate, in_use));
  }
  if (json) print_json({{"schema", "tokcast.engines/1"}, {"engines", std::move(engines)}});
  if (!used) return std::unexpected(used.error());
  return ExitCode::kDone;
}

Result<ExitCode> install() {
  const std::string directory = default_private_directory();
  if (directory.empty()) {
    return fail(ErrorKind::kNotFound, "there is no home directory for a private engine", "HOME",
                "Set HOME or XDG_DATA_HOME.");
  }
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  const auto engine =
      install_engine({.private_directory = directory,
                      .progress = [&progress](std::string_view step) { progress.begin(step); }});
  progress.clear();
  if (!engine) return std::unexpected(engine.error());
  print_text(
      fmt::format("Installed {} {} in {}\n", engine->name, printable(engine->version), printable(directory)));
  const auto used = find_engine(default_engine_search());
  if (used && used->directory != engine->directory) {
    say(fmt::format("{} comes first and stays in use; `tokcast engine use {}` changes that",
                    source_in_words(used->source), printable(engine->directory)));
  }
  return ExitCode::kDone;
}

Result<ExitCode> use(const std::string& directory) {
  const EngineSearch search = default_engine_search();
  const auto engine = use_engine(search, directory);
  if (!engine) return std::unexpected(engine.error());
  print_text(fmt::format("Using {} {} in {}\n", engine->name, printable(engine->version),
                         printable(engine->directory)));
  if (search.environment) say("TOKCAST_ENGINE is set and comes first");
  return ExitCode::kDone;
}

struct Options {
  bool json = false;
  std::string directory;
};

}  // namespace

Command add_engine(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("engine", "The llama.cpp in use");
  parser->require_subcommand(1);
  CLI::App* lister = parser->add_subcommand("list", "Every place looked at, and what is there");
  lister->add_flag("--json", options->json, "One JSON document");
  CLI::App* installer = parser->add_subcommand("install", "A private one, without root");
  CLI::App* user = parser->add_subcommand("use", "Remember which one to use");
  user->add_option("DIR", options->directory, "Directory that holds llama-bench")->required()->type_name("");
  parser->footer(R"(Examples:
  tokcast engine list
  tokcast engine install
  tokcast engine use ~/llama.cpp/build/bin

The first that is there counts: --engine, TOKCAST_ENGINE, `tokcast engine use`,
PATH, `tokcast engine install`.)");
  return {parser, [=] {
            if (lister->parsed()) return list(options->json);
            return installer->parsed() ? install() : use(options->directory);
          }};
}

}  // namespace tokcast
