// `tokcast report`: what is known here as one HTML page.
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/command.h"
#include "cli/open_file.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/report_documents.h"
#include "cli/terminal.h"
#include "report/page.h"

namespace tokcast {
namespace {

struct Options {
  std::vector<std::string> files{};
  std::string output{};
  bool open = false;
};

Result<Report> read_report(const std::vector<std::string>& files) {
  if (!files.empty()) {
    auto parts = parts_from_files(files);
    if (!parts) return std::unexpected(parts.error());
    return Report{.tool_version = TOKCAST_VERSION, .parts = std::move(*parts)};
  }
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  return report_of_all([&progress](const std::string& command) { progress.begin(command); });
}

Result<ExitCode> run(const Options& options) {
  if (options.open && options.output == "-") {
    return fail(ErrorKind::kUsage, "what goes to standard output cannot be opened", "--open",
                "Name a file: --output report.html.");
  }
  const auto report = read_report(options.files);
  if (!report) return std::unexpected(report.error());
  const std::string page = report_page(*report);
  if (options.output == "-") {
    print_text(page);
    return ExitCode::kDone;
  }
  const std::string path = options.output.empty() ? data_directory() + "/report.html" : options.output;
  if (auto written = write_file(path, page); !written) return std::unexpected(written.error());
  for (const MissingPart& part : report->missing) say("without `" + part.command + "`: " + part.why);
  print_text(path + "\n");
  if (options.open) {
    if (auto opened = open_file(path); !opened) return std::unexpected(opened.error());
  }
  return ExitCode::kDone;
}

constexpr const char* kExamples = R"(Examples:
  tokcast report --open
  tokcast report --output machine.html
  tokcast forecast qwen3-8b --json > a.json; tokcast report a.json

One HTML file that needs no network: forecasts for every use, a turn's time,
memory, this machine, promised against actual. It measures nothing: what
`tokcast probe`, `recommend`, `rehearse` and `bench` found out is what it shows.
With FILEs it shows these instead. It prints where it wrote the page.)";

}  // namespace

Command add_report(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("report", "What is known here, as one HTML page");
  parser->add_option("FILE", options->files, "Documents that commands printed with --json")->type_name("");
  parser->add_option("--output", options->output, "Where to write it; - for standard output")
      ->type_name("FILE");
  parser->add_flag("--open", options->open, "Show it in the browser");
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
