// `tokcast recommend`: which model to run here.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "choose/choice.h"
#include "choose/contenders.h"
#include "choose/recommend.h"
#include "choose/use.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/contender_options.h"
#include "cli/forecast_text.h"
#include "cli/interval_plot.h"
#include "cli/output.h"
#include "cli/recommend_here.h"
#include "cli/recommend_json.h"
#include "cli/recommend_text.h"
#include "cli/setting.h"
#include "cli/workload_options.h"

namespace tokcast {
namespace {

struct Options {
  WorkloadOptions workload{};
  ContenderFlags contenders{};
  double effort = RecommendOptions{}.effort.value;
  bool all = false;
  bool plot = false;
  std::optional<std::string> evidence{};
  CommonOptions common{};

  RecommendWish wish() const {
    return {workload, Seconds(effort), evidence ? find_evidence(*evidence) : std::nullopt};
  }
};

// What the user types for a model that may be a file, whose id is the file's name only.
std::string name_to_type(const Considered& considered, const Candidate& candidate) {
  if (candidate.merit.path) return *candidate.merit.path;
  const auto found = considered.names.find(candidate.shape.id);
  return found == considered.names.end() ? model_argument(candidate.shape) : found->second;
}

void print_answer(const Options& options, const Use& use, const Considered& considered,
                  const Recommendation& answer, const Setting& setting) {
  const Choice choice = choose(answer.ranked, ask_here(options.wish(), use, answer, setting));
  const std::vector<LeftOut>& left_out = considered.contenders.left_out;
  if (options.common.json)
    return print_json(recommendation_json({use, answer, choice, left_out}, setting.context()));
  const Terminal terminal = terminal_of(1);
  print_text(recommendation_text(answer, setting.context(), Seconds(options.effort),
                                 name_to_type(considered, leading(answer)), terminal,
                                 {.choice = choice, .all = options.all}));
  if (options.plot)
    print_text("\n" + turn_plot(one_of_each(answer.ranked, options.all), locale_is_unicode(), terminal));
  if (!left_out.empty()) say(fmt::format("{} models were not considered (--json says why)", left_out.size()));
  for (const std::string& remark : considered.remarks) say(printable(remark));
}

Result<ExitCode> run(const Options& options) {
  const auto named = options.workload.use();
  if (!named) return std::unexpected(named.error());
  const Use use = options.contenders.completed(*named);
  auto read = read_setting(options.common);
  if (!read) return std::unexpected(read.error());
  Setting& setting = *read;
  // A machine elsewhere is looked up: nothing is run.
  if (!setting.engine && !setting.elsewhere) return std::unexpected(setting.engine.error());
  if (auto known = check_gpu(options.workload, setting); !known) return std::unexpected(known.error());
  auto considered = options.contenders.consider(use, setting, setting.threads(options.workload.threads),
                                                setting.runs_on_gpu(options.workload));
  if (!considered) return std::unexpected(considered.error());
  const auto answer = recommend_here(options.wish(), considered->contenders, use.workload, setting);
  if (!answer) return std::unexpected(answer.error());
  print_answer(options, use, *considered, *answer, setting);
  return exit_code(leading(*answer).forecast.verdict);
}

constexpr const char* kExamples = R"(Examples:
  tokcast                                     for a voice turn
  tokcast recommend --use chat --language de --licence apache
  tokcast recommend --prompt 1000 --reply 300 --budget 60 --effort 300
  tokcast recommend --model qwen3-8b --model ./mine.gguf --quant Q5_K_M
  tokcast recommend --here --models-dir /data/models --plot
  tokcast recommend --machine "8c avx2 2x ddr5-5600 64GiB gpu RTX 4090"

Considered: the catalogue (`tokcast models`) in Q4_K_M to Q8_0, and the models
that are here already (marked *). First comes the best quality that keeps the
promise; docs/CATALOGUE.md tells how quality is judged.
The engine is calibrated once, which ranks all models; those whose verdict that
cannot settle are rehearsed, the best first, until --effort is spent. Both are
kept: asking again goes on.
The exit code is the verdict of the best model, as of `tokcast forecast`.)";

}  // namespace

Command add_recommend(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("recommend", "Which model to run here (the default)");
  parser->add_option("--effort", options->effort, "For calibration and rehearsals (90; 0: none)")
      ->check(seconds_or_none())
      ->type_name("SECONDS");
  parser->add_flag("--all", options->all, "List every candidate");
  parser->add_option("--evidence", options->evidence, "Only this rung of the ladder")
      ->check(CLI::IsMember({"looked-up", "estimated", "calibrated", "rehearsed", "measured"}))
      ->type_name("KIND");
  parser->add_flag("--plot", options->plot, "Also as bars against the budget");
  options->contenders.add_to(*parser);
  options->workload.add_to(*parser);
  options->common.add_machine_to(*parser);
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
