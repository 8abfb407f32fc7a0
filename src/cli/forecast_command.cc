// `tokcast forecast`: answers at once, from what is stored.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/forecast_text.h"
#include "cli/output.h"
#include "cli/setting.h"
#include "cli/workload_options.h"
#include "model/naming.h"

namespace tokcast {
namespace {

struct Options {
  std::vector<std::string> models{};
  WorkloadOptions workload{};
  CommonOptions common{};
};

// A stored rehearsal that cannot be used is as good as none.
Forecast stored_forecast(const Shape& shape, const Setting& setting, const Workload& workload,
                         std::uint32_t threads) {
  std::optional<Rehearsal> rehearsal;
  if (setting.engine) rehearsal = setting.store.find(shape, *setting.engine, setting.machine, threads);
  auto out = forecast_from(shape, rehearsal, workload, setting);
  return out ? *out : forecast(shape, std::nullopt, workload, setting.memory_bound());
}

// What would make an unknown forecast known.
std::string how_to_know(const std::string& name, const Shape& shape, const Setting& setting) {
  if (setting.elsewhere) return "no rehearsal of that machine is stored here: speed is not known, memory is";
  if (!setting.engine) return "no engine: " + describe(setting.engine.error());
  if (!shape.not_modelled.empty())
    return fmt::format("{}: {}", model_label(shape), shape.not_modelled.front());
  return fmt::format("{} is not rehearsed yet with these threads and this engine. Run `tokcast rehearse {}`.",
                     model_label(shape), shell_word(name));
}

Result<std::vector<Candidate>> forecast_all(const Options& options, const Setting& setting,
                                            const Workload& workload) {
  std::vector<Candidate> out;
  for (const std::string& name : options.models) {
    auto shape = find_shape(name);
    if (!shape) return std::unexpected(shape.error());
    Forecast answer =
        stored_forecast(*shape, setting, workload, options.workload.threads_on(setting.machine));
    if (!answer.turn) answer.reasons.push_back(how_to_know(name, *shape, setting));
    out.push_back({std::move(*shape), std::move(answer)});
  }
  return out;
}

void print_documents(const std::vector<Candidate>& all, const ForecastContext& context) {
  Json documents = Json::array();
  for (const Candidate& one : all) documents.push_back(forecast_to_json(one.shape, one.forecast, context));
  if (all.size() == 1) return print_json(documents.front());
  print_json({{"schema", "tokcast.forecasts/1"}, {"forecasts", std::move(documents)}});
}

Result<ExitCode> run(const Options& options) {
  const auto workload = options.workload.workload();
  if (!workload) return std::unexpected(workload.error());
  const auto read = read_setting(options.common);
  if (!read) return std::unexpected(read.error());
  const Setting& setting = *read;
  const auto all = forecast_all(options, setting, *workload);
  if (!all) return std::unexpected(all.error());
  const Terminal terminal = terminal_of(1);
  if (options.common.json) {
    print_documents(*all, setting.context());
  } else if (all->size() == 1) {
    print_text(forecast_card(all->front().shape, all->front().forecast, setting.context(), terminal));
  } else {
    print_text(forecast_table(*all, terminal));
  }
  Verdict worst = Verdict::kKeeps;
  for (const Candidate& one : *all) {
    worst = std::max(worst, one.forecast.verdict);
    if (one.forecast.verdict == Verdict::kUnknown) say(printable(one.forecast.reasons.back()));
  }
  return exit_code(worst);
}

constexpr const char* kExamples = R"(Examples:
  tokcast forecast llama-3.2-3b-instruct --prompt 1000 --reply 200 --budget 60
  tokcast forecast llama-2-13b-chat:Q8_0 --depth 4000 --ctx 8192 --json
  tokcast forecast qwen3-4b gemma-3-4b-it

From stored rehearsals (`tokcast rehearse`); of other models, memory only.
The exit code is the verdict's, with several models the worst one's:
0 keeps, 20 at risk, 21 breaks, 22 does not fit, 1 not known yet.)";

}  // namespace

Command add_forecast(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("forecast", "What to expect of a model, answered at once");
  parser->add_option("MODEL", options->models, "GGUF file or catalogue id[:QUANT]")
      ->required()
      ->type_name("");
  options->workload.add_to(*parser);
  options->common.add_machine_to(*parser);
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
