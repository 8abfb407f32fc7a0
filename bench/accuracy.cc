// The accuracy suite: how far are forecasts from truths? Usage and method: docs/ACCURACY.md.
//
//   accuracy                          writes docs/ACCURACY.md and its pictures anew from the records
//   accuracy --measure busy,avx2      measures these parts first (accuracy_parts.h), a record file each
//   accuracy --published              and judges the published rows, with the peers' formulas
//   accuracy --list                   the parts and what they take
//
// Measures (accuracy_measure.h), reads records (accuracy_record.h), forecasts from them and writes the
// comparison (accuracy_report.h) between the document's marks (generated.h).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/interrupt.h"
#include "bench/accuracy_hog.h"
#include "bench/accuracy_measure.h"
#include "bench/accuracy_parts.h"
#include "bench/accuracy_record.h"
#include "bench/accuracy_report.h"
#include "bench/engine_variant.h"
#include "bench/fit_errors.h"
#include "bench/fit_peers.h"
#include "bench/generated.h"

namespace tokcast {
namespace {

struct Options {
  std::vector<std::string> measure{};
  std::vector<std::string> models{};  // of each part, only these; empty: all
  bool published = false;
  bool list = false;
  std::string engine{};
  std::optional<double> allowance{};  // nullopt: what `tokcast rehearse` takes
  std::string root = ".";             // of the repository
};

std::string records_of(const Options& options, std::string_view part) {
  return fmt::format("{}/bench/records/{}.jsonl", options.root, part);
}

// Where a part judges by the records of before, adds those that are to be replaced to them.
Result<void> keep_last(const Options& options, const AccuracyPart& part) {
  const bool judges = std::ranges::any_of(
      accuracy_parts(), [&](const AccuracyPart& other) { return other.apart_of == part.name; });
  const auto last = read_file(records_of(options, part.name));
  if (!judges || !last) return {};
  const std::string path = records_of(options, std::string(part.name) + "-before");
  // An interrupted run may have added them already: a session judged by itself would flatter.
  if (read_file(path).value_or("").ends_with(*last)) return {};
  std::ofstream before(path, std::ios::app);
  before << *last << std::flush;
  return before ? Result<void>() : Result<void>(fail(ErrorKind::kIo, "cannot be written", path));
}

bool is_wanted(const Options& options, std::string_view model) {
  return options.models.empty() || std::ranges::any_of(options.models, [&](const std::string& word) {
           return model.find(word) != model.npos;
         });
}

// Beside the old file, which it replaces when the part is whole: an interrupted run takes nothing away. What
// it did is kept as NAME.jsonl.part.
Result<void> measure_part(const Options& options, const AccuracyPart& part, const Engine& engine,
                          const Machine& machine) {
  const auto variant = EngineVariant::of(engine, part.variant);
  if (!variant) return std::unexpected(variant.error());
  AccuracyOptions wanted{.rehearse = part.rehearse, .calibrate = part.calibrate, .without = part.without};
  if (options.allowance) wanted.allowance = Seconds(*options.allowance);
  const std::optional<Hog> hog = part.hog ? std::optional<Hog>(std::in_place) : std::nullopt;
  const std::string path = records_of(options, part.name);
  const std::string unfinished = path + ".part";
  std::ofstream file(unfinished);
  for (const std::uint32_t threads : part.threads) {
    for (const std::string_view model : part.models) {
      if (!is_wanted(options, model)) continue;
      fmt::print(stderr, "{}: {}, {} thread(s)\n", part.name, model, threads);
      wanted.threads = threads;
      const auto record = measure_accuracy(std::string(model), variant->engine(), machine, wanted);
      if (!record) return std::unexpected(record.error());
      file << record_to_json(*record).dump() << std::endl;
    }
  }
  if (auto kept = keep_last(options, part); !kept) return kept;
  std::error_code failed;
  std::filesystem::rename(unfinished, path, failed);
  return failed ? Result<void>(fail(ErrorKind::kIo, failed.message(), path)) : Result<void>();
}

Result<void> measure(const Options& options) {
  if (options.measure.empty()) return {};
  const auto engine = find_engine(
      default_engine_search(options.engine.empty() ? std::nullopt : std::optional(options.engine)));
  if (!engine) return std::unexpected(engine.error());
  const Machine machine = read_machine();
  for (const std::string& name : options.measure) {
    if (auto done = measure_part(options, *find_accuracy_part(name), *engine, machine); !done) return done;
  }
  return {};
}

using Blocks = std::map<std::string, std::string>;

Result<void> write_blocks(const Options& options, const Blocks& blocks) {
  const std::string path = options.root + "/docs/ACCURACY.md";
  auto document = read_file(path);
  if (!document) return std::unexpected(document.error());
  std::string text = *document;
  for (const auto& [name, content] : blocks) {
    auto written = with_generated_block(text, name, content);
    if (!written) return std::unexpected(written.error());
    text = std::move(*written);
  }
  return write_file(path, text);
}

Result<void> write_plots(const Options& options, const Blocks& plots) {
  for (const auto& [name, svg] : plots) {
    if (auto written = write_file(fmt::format("{}/docs/plots/{}", options.root, name), svg); !written) {
      return written;
    }
  }
  return {};
}

Result<void> write_measured(const Options& options) {
  const auto measured = read_parts(options.root + "/bench/records");
  if (!measured) return std::unexpected(measured.error());
  const auto blocks = measured_blocks(*measured);
  if (!blocks) return std::unexpected(blocks.error());
  const auto plots = measured_plots(*measured);
  if (!plots) return std::unexpected(plots.error());
  const auto sums = measured_json(*measured);
  if (!sums) return std::unexpected(sums.error());
  if (auto written = write_file(options.root + "/data/accuracy.json", sums->dump(1) + "\n"); !written)
    return written;
  if (auto written = write_plots(options, *plots); !written) return written;
  return write_blocks(options, *blocks);
}

Result<void> write_published(const Options& options) {
  if (!options.published) return {};
  const auto published = read_published(options.root + "/data");
  if (!published) return std::unexpected(published.error());
  const Fit fit(published->rows);
  const std::vector<RowError> errors = errors_without_own_machine(fit, published->rows);
  if (auto written = write_plots(options, peer_plots(errors)); !written) return written;
  return write_blocks(options, {{"published filter", "```\n" + filter_report(*published) + "```\n"},
                                {"published", error_table(errors)},
                                {"peers", peer_table(errors)}});
}

void list_parts() {
  for (const AccuracyPart& part : accuracy_parts()) {
    if (!is_measured(part)) continue;
    fmt::print("{:<14} about {:>2} minutes: {}, {} models{}\n", part.name, part.minutes, part.title,
               part.models.size(), part.calibrate ? " (calibrated and all rungs below)" : " (rehearsed)");
  }
  fmt::print("{:<14} about  1 minute:  published rows and peers (no measuring)\n", "--published");
}

int run(const Options& options) {
  if (options.list) return list_parts(), 0;
  install_interrupt_handlers();
  for (const auto step : {measure, write_measured, write_published}) {
    const auto done = step(options);
    if (done) continue;
    fmt::print(stderr, "accuracy: {}\n", describe(done.error()));
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace tokcast

int main(int argc, char** argv) {
  tokcast::Options options;
  CLI::App app("Compares forecasts with measurements and writes docs/ACCURACY.md.");
  const auto known = [](const std::string& name) {
    const auto* part = tokcast::find_accuracy_part(name);
    return part == nullptr || !is_measured(*part) ? "no part is called " + name + " (--list)" : std::string();
  };
  app.add_option("--measure", options.measure, "parts to measure anew")
      ->delimiter(',')
      ->check(CLI::Validator(known, "PART"));
  app.add_option("--models", options.models, "of these parts, only models with such a word")->delimiter(',');
  app.add_flag("--published", options.published, "judge the published rows too");
  app.add_flag("--list", options.list, "the parts and what they take");
  app.add_option("--engine", options.engine, "engine directory");
  app.add_option("--allowance", options.allowance, "seconds for one rehearsal (20)");
  app.add_option("--root", options.root, "the repository");
  CLI11_PARSE(app, argc, argv);
  return tokcast::run(options);
}
