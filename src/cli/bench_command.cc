// `tokcast bench`: a real file through the engine, against its promise.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/statistics.h"
#include "base/text.h"
#include "cli/bench_file.h"
#include "cli/bench_text.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/find_file.h"
#include "cli/forecast_one.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/promise_of.h"
#include "cli/promised_file.h"
#include "cli/setting.h"
#include "cli/workload_options.h"
#include "ledger/ledger.h"
#include "model/naming.h"
#include "rehearse/rehearsal.h"

namespace tokcast {
namespace {

struct Options {
  std::string model;
  WorkloadOptions workload{};
  double effort = BenchEffort{}.allowance.value;
  bool warm_only = false;
  std::optional<std::uint32_t> concurrency{};
  CommonOptions common{};
  CLI::App* parser = nullptr;
};

bool names_a_turn(const Options& options) {
  return std::ranges::any_of(options.parser->get_options(), [](const CLI::Option* option) {
    return option->get_group() == "The turn" && option->count() > 0;
  });
}

bool same_turn(const Workload& a, const Workload& b) {
  return a.prompt_tokens == b.prompt_tokens && a.cached_tokens == b.cached_tokens &&
         a.reply_tokens == b.reply_tokens && a.depth_tokens == b.depth_tokens && a.sessions == b.sessions &&
         a.turn_budget == b.turn_budget && a.first_token_budget == b.first_token_budget;
}

// The newest promise of this model on this machine; where a turn was named, of that turn.
Result<std::optional<Promise>> known_promise(const Options& options, const Shape& shape,
                                             const Setting& setting, const Ledger& ledger,
                                             const Question& question) {
  const auto found = ledger.promises(
      {.shape_key = shape_key(shape), .hardware_identity = setting.machine.hardware_identity()});
  if (!found) return std::unexpected(found.error());
  for (const Promise& promise : *found) {
    const bool meant = !names_a_turn(options) || (same_turn(promise.workload, question.workload) &&
                                                  promise.threads == question.threads);
    if (meant && promise.workload.gpu_layers == 0) return promise;
  }
  return std::nullopt;
}

Result<BatchedRun> run_together(const Options& options, const BenchReport& report, const Setting& setting) {
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  progress.begin(fmt::format("Running {} sessions at once", *options.concurrency));
  const TurnTests tests = turn_tests(report.promise.workload);
  return run_batched_bench(*setting.engine, {.model_path = report.path,
                                             .prompt = tests.prefill ? tests.prefill->prompt : 0,
                                             .generate = tests.decode ? tests.decode->generate : 0,
                                             .sessions = *options.concurrency,
                                             .threads = report.promise.threads});
}

Actual actual_together(const BatchedRun& run, const Actual& alone) {
  std::vector<double> turns;
  std::vector<double> prefills;
  std::vector<double> decodes;
  for (const BatchedSample& sample : run.samples) {
    turns.push_back(sample.turn().value);
    prefills.push_back(sample.prefill.value);
    decodes.push_back(sample.decode.value);
  }
  Actual out{.promise_id = alone.promise_id,
             .kind = ActualKind::kBench,
             .site = alone.site,
             .threads = alone.threads,
             .concurrency = run.sessions,
             .prompt_tokens = run.prompt,
             .cached_tokens = 0,
             .reply_tokens = alone.reply_tokens,
             .depth_tokens = 0,
             .turn = Seconds(quantile(turns, 0.5))};
  if (run.prompt > 0) out.first_token = Seconds(quantile(prefills, 0.5));
  if (run.generate > 0) out.decode = TokensPerSecond(run.generate / quantile(decodes, 0.5));
  return out;
}

// From here on the engine runs and the ledger is written.
Result<void> run_and_record(const Options& options, const Setting& setting, Ledger& ledger,
                            BenchReport& report) {
  auto measured = bench_file(report.shape, report.path, report.promise, setting,
                             {.allowance = Seconds(options.effort), .cold = !options.warm_only});
  if (!measured) return std::unexpected(measured.error());
  report.measurement = std::move(*measured);
  report.turn = measured_turn(report.measurement, report.promise.workload);
  report.verdict = verdict_of(report.turn, report.promise.workload);
  report.actual = actual_of(report.promise, report.measurement, site_of(setting.machine, *setting.engine));
  const auto kept = ledger.add(report.actual);
  if (!kept) return std::unexpected(kept.error());
  report.actual.id = *kept;
  if (!options.concurrency) return {};
  auto together = run_together(options, report, setting);
  if (!together) return std::unexpected(together.error());
  report.together = std::move(*together);
  const auto also = ledger.add(actual_together(*report.together, report.actual));
  return also ? Result<void>() : std::unexpected(also.error());
}

Result<Ledger> open_ledger() {
  auto ledger = Ledger::open(default_ledger_path());
  if (ledger && !ledger->notice().empty()) say(ledger->notice());
  return ledger;
}

// The promise to hold the file to: an accepted one, or the forecast made now, which the ledger then keeps.
Result<void> take_promise(const Options& options, const Setting& setting, const Question& question,
                          Ledger& ledger, BenchReport& report) {
  auto known = known_promise(options, report.shape, setting, ledger, question);
  if (!known) return std::unexpected(known.error());
  if (*known) {
    report.promise = std::move(**known);
    return {};
  }
  LadderOnDemand ladder(setting, question);
  const Forecast before = forecast_one(options.model, report.shape, setting, ladder, question);
  report.promise = promise_of(report.shape, before, setting, question.threads, AcceptedBy::kBench);
  report.promised_now = true;
  if (auto noted = note_file(report.promise, report.path); !noted) return noted;
  const auto id = ledger.accept(report.promise);
  if (!id) return std::unexpected(id.error());
  report.promise.id = *id;
  return {};
}

Result<void> check_fits(const Shape& shape, const Workload& workload, const Setting& setting) {
  const Forecast before = forecast(shape, std::nullopt, workload, setting.memory_bound());
  if (before.verdict != Verdict::kDoesNotFit) return {};
  return fail(ErrorKind::kDoesNotFit, "this model does not fit: " + before.reasons.front(), shape.id,
              "Nothing was run. What does fit: tokcast recommend");
}

Result<ExitCode> run(const Options& options) {
  const auto path = find_file(options.model);
  if (!path) return std::unexpected(path.error());
  const auto shape = find_shape(*path);
  if (!shape) return std::unexpected(shape.error());
  const auto setting = read_setting(options.common);
  if (!setting) return std::unexpected(setting.error());
  if (!setting->engine) return std::unexpected(setting->engine.error());
  const auto question = question_from(options.workload, *setting);
  if (!question) return std::unexpected(question.error());
  if (auto fits = check_fits(*shape, question->workload, *setting); !fits)
    return std::unexpected(fits.error());
  if (options.concurrency) {
    if (auto can = check_batched_bench(*setting->engine); !can) return std::unexpected(can.error());
  }
  auto ledger = open_ledger();
  if (!ledger) return std::unexpected(ledger.error());
  BenchReport report{.shape = *shape, .path = *path};
  if (auto ok = take_promise(options, *setting, *question, *ledger, report); !ok)
    return std::unexpected(ok.error());
  if (auto ok = run_and_record(options, *setting, *ledger, report); !ok) return std::unexpected(ok.error());
  if (options.common.json) {
    print_json(bench_to_json(report));
  } else {
    print_text(bench_text(report, terminal_of(1)));
    print_text("\nAll that was promised, and what came of it: tokcast promises\n");
  }
  return exit_code(report.verdict);
}

constexpr const char* kExamples = R"(Examples:
  tokcast bench ./model.gguf
  tokcast bench user/repo-GGUF:Q4_K_M        one that was pulled
  tokcast bench llama-3.2-3b-instruct        one that some cache has
  tokcast bench ./model.gguf --prompt 1000 --reply 200 --budget 60
  tokcast bench ./model.gguf --concurrency 4 --json

Without a turn of its own it takes that of the model's promise; without one,
the forecast made just before the run is the promise. All is kept for
`tokcast promises` and for later forecasts of this file, which are `measured`.
Times are the engine's own; only loads, which it does not time, are its
process's. The exit code is the verdict: 0 keeps the budget, 20 the slowest
turns break it, 21 breaks it, 22 does not fit.)";

}  // namespace

Command add_bench(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("bench", "Measure a model file, against its promise");
  options->parser = parser;
  parser->add_option("MODEL", options->model, "File, user/repo[:QUANT] or catalogue id, here")
      ->required()
      ->type_name("");
  parser->add_option("--effort", options->effort, "Time to spend; one round at least (60)")
      ->check(positive_seconds())
      ->type_name("SECONDS");
  parser->add_option("--concurrency", options->concurrency, "Also so many sessions at once")
      ->check(CLI::Range(2, 256))
      ->type_name("N");
  parser->add_flag("--warm-only", options->warm_only, "Do not load it from the disk as well");
  options->workload.add_to(*parser);
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
