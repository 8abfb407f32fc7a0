// `tokcast rehearse`: the engine timed on a skeleton of one model, then its forecast.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "choose/recommend.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/find_model.h"
#include "cli/forecast_text.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/setting.h"
#include "cli/workload_options.h"
#include "rehearse/rehearsal_json.h"

namespace tokcast {
namespace {

struct Options {
  std::string model;
  WorkloadOptions workload{};
  std::optional<double> effort{};
  bool fresh = false;
  CommonOptions common{};
};

Result<Rehearsal> rehearse_with_progress(const Options& options, const Shape& shape, const Workload& workload,
                                         const Setting& setting) {
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  progress.begin("Rehearsing " + model_label(shape));
  RehearsalOptions rehearsal{.threads = setting.threads(options.workload.threads),
                             .progress = [&progress](std::string_view step) { progress.detail(step); }};
  if (options.effort) rehearsal.allowance = Seconds(*options.effort);
  const std::uint64_t turn_end = workload.depth_tokens + workload.prompt_tokens + workload.reply_tokens;
  rehearsal.depth =
      std::max(rehearsal.depth, static_cast<std::uint32_t>(std::min<std::uint64_t>(turn_end, UINT32_MAX)));
  return rehearsal_of(shape, *setting.engine, setting.machine, setting.store, rehearsal, options.fresh);
}

void print_answer(const Options& options, const Shape& shape, const Forecast& answer,
                  const std::optional<Rehearsal>& rehearsal, const Setting& setting) {
  if (options.common.json) {
    return print_json({{"schema", "tokcast.rehearse/1"},
                       {"forecast", forecast_to_json(shape, answer, setting.context())},
                       {"rehearsal", rehearsal ? rehearsal_to_json(*rehearsal) : Json()}});
  }
  print_text(forecast_card(shape, answer, setting.context(), terminal_of(1)));
  const std::string name = shell_word(options.model);
  print_text(
      rehearsal ? fmt::format("\nOther turns, at once: tokcast forecast {} --prompt 1000 --reply 200\n", name)
                : "\nIt was not rehearsed. What does fit: tokcast recommend\n");
}

Result<ExitCode> run(const Options& options) {
  const auto workload = options.workload.workload();
  if (!workload) return std::unexpected(workload.error());
  const auto shape = find_model(options.model);
  if (!shape) return std::unexpected(shape.error());
  const auto read = read_setting(options.common);
  if (!read) return std::unexpected(read.error());
  const Setting& setting = *read;
  if (auto known = check_gpu(options.workload, setting); !known) return std::unexpected(known.error());
  // What cannot run here needs no rehearsal, and its skeleton may be huge.
  const Forecast before = forecast(*shape, std::nullopt, *workload, setting.memory_bound());
  if (before.verdict == Verdict::kDoesNotFit) {
    print_answer(options, *shape, before, std::nullopt, setting);
    return exit_code(before.verdict);
  }
  if (!setting.engine) return std::unexpected(setting.engine.error());
  const auto rehearsal = rehearse_with_progress(options, *shape, *workload, setting);
  if (!rehearsal) return std::unexpected(rehearsal.error());
  const auto answer = forecast_from(*shape, *rehearsal, *workload, setting);
  if (!answer) return std::unexpected(answer.error());
  print_answer(options, *shape, *answer, *rehearsal, setting);
  return exit_code(answer->verdict);
}

constexpr const char* kExamples = R"(Examples:
  tokcast rehearse llama-3.2-3b-instruct
  tokcast rehearse llama-2-13b-chat:Q8_0 --effort 60 --fresh
  tokcast rehearse ./model.gguf --json      with every raw sample

No weights are needed: the engine runs a few of the model's layers, filled with
random numbers, and the rest is extended from them. Kept for `tokcast forecast`.
The exit code is the verdict's, as of `tokcast forecast`.)";

}  // namespace

Command add_rehearse(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("rehearse", "Time the engine on a model without its weights");
  parser->add_option("MODEL", options->model, kModelHelp)->required()->type_name("");
  parser->add_option("--effort", options->effort, "Time to spend (11 to 20, by size)")
      ->check(positive_seconds())
      ->type_name("SECONDS");
  parser->add_flag("--fresh", options->fresh, "Even if there is a stored one");
  options->workload.add_to(*parser);
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
