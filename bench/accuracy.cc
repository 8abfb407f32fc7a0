// The accuracy suite: how far are forecasts from truths? Usage and method: docs/ACCURACY.md.
//
// Measures (accuracy_measure.h) or reads records (accuracy_record.h), forecasts from their rehearsals, and
// prints the comparison (accuracy_report.h).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>

#include "base/interrupt.h"
#include "bench/accuracy_measure.h"
#include "bench/accuracy_record.h"
#include "bench/accuracy_report.h"

namespace tokcast {
namespace {

struct Options {
  std::vector<std::string> models{"tinyllama-1.1b-chat:Q4_K_M", "qwen2.5-1.5b-instruct:Q8_0",
                                  "llama-3.2-3b-instruct:Q4_0", "phi-3-mini-4k-instruct:Q4_K_M",
                                  "llama-2-7b-chat:Q4_K_M",     "qwen3-30b-a3b:Q4_K_M@12"};
  std::vector<std::uint32_t> threads{2, 1};
  std::string engine{};
  std::optional<double> allowance{};  // nullopt: what `tokcast rehearse` takes
  std::uint32_t depth = 1024;
  std::vector<std::string> rungs{"rehearsed", "calibrated"};
  std::string record{};
  std::string replay{};
};

// Each record is written as soon as it is there: an interrupted run keeps what it did.
Result<std::vector<AccuracyRecord>> measure_all(const Options& options) {
  const auto engine = find_engine(
      default_engine_search(options.engine.empty() ? std::nullopt : std::optional(options.engine)));
  if (!engine) return std::unexpected(engine.error());
  const Machine machine = read_machine();
  std::ofstream file;
  if (!options.record.empty()) file.open(options.record, std::ios::app);
  const auto has = [&options](const char* rung) {
    return std::ranges::find(options.rungs, rung) != options.rungs.end();
  };
  AccuracyOptions wanted{
      .depth = options.depth, .rehearse = has("rehearsed"), .calibrate = has("calibrated")};
  if (options.allowance) wanted.allowance = Seconds(*options.allowance);
  std::vector<AccuracyRecord> out;
  for (const std::uint32_t threads : options.threads) {
    for (const std::string& model : options.models) {
      fmt::print(stderr, "{}, {} thread(s)\n", model, threads);
      wanted.threads = threads;
      auto record = measure_accuracy(model, *engine, machine, wanted);
      if (!record) {
        fmt::print(stderr, "accuracy: {}\n", describe(record.error()));
        return out;
      }
      if (file.is_open()) file << record_to_json(*record).dump() << std::endl;
      out.push_back(std::move(*record));
    }
  }
  return out;
}

int run(const Options& options) {
  install_interrupt_handlers();
  const auto records = options.replay.empty() ? measure_all(options) : read_records(options.replay);
  const auto text = records ? report(*records) : std::unexpected(records.error());
  if (!text) {
    fmt::print(stderr, "accuracy: {}\n", describe(text.error()));
    return 1;
  }
  fmt::print("{}", *text);
  return 0;
}

}  // namespace
}  // namespace tokcast

int main(int argc, char** argv) {
  tokcast::Options options;
  CLI::App app("Compares rehearsals with full-size models of random weights, as Markdown.");
  app.add_option("models", options.models, "MODEL or MODEL@LAYERS");
  app.add_option("--threads", options.threads, "thread counts")->allow_extra_args(false)->delimiter(',');
  app.add_option("--engine", options.engine, "engine directory");
  app.add_option("--allowance", options.allowance, "seconds for one rehearsal (9 to 20, by size)");
  app.add_option("--depth", options.depth, "of the second decode test");
  app.add_option("--rungs", options.rungs, "what to measure: rehearsed, calibrated (with all below it)")
      ->delimiter(',')
      ->check(CLI::IsMember({"rehearsed", "calibrated"}));
  app.add_option("--record", options.record, "append the raw measurements to this file, a JSON line each");
  app.add_option("--replay", options.replay, "measure nothing: forecast from the rehearsals in this file");
  CLI11_PARSE(app, argc, argv);
  return tokcast::run(options);
}
