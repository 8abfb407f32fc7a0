// `tokcast forecast`: answers at once, from what is stored.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/find_model.h"
#include "cli/forecast_one.h"
#include "cli/forecast_text.h"
#include "cli/output.h"
#include "cli/setting.h"
#include "cli/workload_options.h"

namespace tokcast {
namespace {

struct Options {
  std::vector<std::string> models{};
  WorkloadOptions workload{};
  std::optional<std::string> evidence{};
  CommonOptions common{};
};

Result<Question> read_question(const Options& options, const Setting& setting) {
  auto out = question_from(options.workload, setting);
  if (out && options.evidence) out->only = find_evidence(*options.evidence);
  return out;
}

Result<std::vector<Candidate>> forecast_all(const Options& options, const Setting& setting,
                                            const Question& question) {
  LadderOnDemand ladder(setting, question);
  std::vector<Candidate> out;
  for (const std::string& name : options.models) {
    auto shape = find_model(name);
    if (!shape) return std::unexpected(shape.error());
    Forecast answer = forecast_one(name, *shape, setting, ladder, question);
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
  const auto read = read_setting(options.common);
  if (!read) return std::unexpected(read.error());
  const Setting& setting = *read;
  const auto question = read_question(options, setting);
  if (!question) return std::unexpected(question.error());
  const auto all = forecast_all(options, setting, *question);
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
    if (one.forecast.verdict != Verdict::kUnknown) continue;
    // Where nothing is known the last reason tells how to know; where others had the processors, the first.
    say(printable(one.forecast.turn ? one.forecast.reasons.front() : one.forecast.reasons.back()));
  }
  return exit_code(worst);
}

constexpr const char* kExamples = R"(Examples:
  tokcast forecast llama-3.2-3b-instruct --prompt 1000 --reply 200 --budget 60
  tokcast forecast llama-2-13b-chat:Q8_0 --depth 4000 --ctx 8192 --json
  tokcast forecast qwen3-4b gemma-3-4b-it
  tokcast forecast bartowski/Llama-3.2-3B-Instruct-GGUF:Q5_K_M

  tokcast forecast llama-2-13b-chat --machine "2x E5-2660 v3 39GiB" --threads 16
  tokcast forecast qwen3-8b --machine "8c avx2 2x ddr5-5600 32GiB gpu RTX 4090"

The best evidence at hand is used and named: a bench of this file, a stored
rehearsal, this machine's calibration, its measured rates, or what is known of
its parts. With --evidence: measured, rehearsed, calibrated, estimated,
looked-up.
The exit code is the verdict's, with several models the worst one's:
0 keeps, 20 at risk, 21 breaks, 22 does not fit, 1 not known yet.)";

}  // namespace

Command add_forecast(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("forecast", "What to expect of a model, answered at once");
  parser->add_option("MODEL", options->models, kModelHelp)->required()->type_name("");
  options->workload.add_to(*parser);
  parser->add_option("--evidence", options->evidence, "Only this rung of the ladder")
      ->check(CLI::IsMember({"looked-up", "estimated", "calibrated", "rehearsed", "measured"}))
      ->type_name("KIND");
  options->common.add_machine_to(*parser);
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
