// `tokcast gather`: what the probe reads, packed, so that a bug report is a test.
#include <memory>
#include <string>

#include "base/file.h"
#include "cli/command.h"
#include "cli/output.h"
#include "machine/gather.h"

namespace tokcast {
namespace {

struct Options {
  std::string file{};
  std::string root{};
  std::string unpack{};
};

Result<ExitCode> unpack_archive(const Options& options) {
  const auto text = read_file(options.file, GatherLimits{}.all * 2);
  if (!text) return std::unexpected(text.error());
  const auto archive = parse_json(*text, options.file, {.keys = GatherLimits{}.entries});
  if (!archive) return std::unexpected(archive.error());
  if (auto done = unpack(*archive, options.unpack); !done) return std::unexpected(done.error());
  say("unpacked; look at it with: tokcast probe --root " + options.unpack);
  return ExitCode::kDone;
}

Result<ExitCode> run(const Options& options) {
  if (!options.unpack.empty()) return unpack_archive(options);
  const auto archive = gather(options.root, "gathered by tokcast " TOKCAST_VERSION);
  if (!archive) return std::unexpected(archive.error());
  if (options.file == "-") {
    print_json(*archive);
    return ExitCode::kDone;
  }
  if (auto written = write_file(options.file, archive->dump(1) + "\n"); !written)
    return std::unexpected(written.error());
  say("wrote " + options.file +
      ": text, without serial numbers, names or addresses; read it before you share it");
  return ExitCode::kDone;
}

constexpr const char* kExamples = R"(Examples:
  tokcast gather machine.json              to attach to a bug report
  tokcast gather machine.json --unpack dir then: tokcast probe --root dir

The file holds what `tokcast probe` reads of /proc and /sys. Serial numbers,
names of hosts and users, addresses and container ids are left out or replaced.)";

}  // namespace

Command add_gather(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("gather", "Pack what the probe reads, for a bug report");
  parser->add_option("FILE", options->file, "Where to write it; - for standard output")
      ->required()
      ->type_name("");
  parser->add_option("--root", options->root, "Read another machine's files below DIR")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  parser->add_option("--unpack", options->unpack, "Lay FILE out below this new directory")->type_name("DIR");
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
