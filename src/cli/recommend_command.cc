// `tokcast recommend`: which model to run here.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
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
#include "cli/progress.h"
#include "cli/recommend_json.h"
#include "cli/recommend_text.h"
#include "cli/setting.h"
#include "cli/workload_options.h"
#include "forecast/model_work.h"
#include "rehearse/calibration.h"
#include "rehearse/thread_sweep.h"

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
};

// What the user types for a model that may be a file, whose id is the file's name only.
std::string name_to_type(const Considered& considered, const Candidate& candidate) {
  if (candidate.merit.path) return *candidate.merit.path;
  const auto found = considered.names.find(candidate.shape.id);
  return found == considered.names.end() ? model_argument(candidate.shape) : found->second;
}

// The types of weights in these models, those of most models first.
std::vector<GgmlType> types_in(const std::vector<Shape>& shapes) {
  std::map<GgmlType, int> models;
  for (const Shape& shape : shapes) {
    for (const MatrixWork& matrix : model_work(shape).matrices) ++models[matrix.type];
  }
  models.erase(GgmlType::kF32);
  std::vector<GgmlType> out;
  for (const auto& [type, count] : models) out.push_back(type);
  std::ranges::stable_sort(out, std::greater{}, [&models](GgmlType type) { return models.at(type); });
  return out;
}

// At most half of the effort goes into calibrating what is not calibrated yet: it ranks all the models.
// Without it one can still go on. Errors: kInterrupted.
Result<void> calibrate_first(const Options& options, const std::vector<Shape>& shapes, const Setting& setting,
                             Progress& progress) {
  if (setting.elsewhere || setting.runs_on_gpu(options.workload) || options.effort <= 0) return {};
  // Rungs below need no calibration, and a rehearsal is above it.
  if (options.evidence && options.evidence != evidence_name(Evidence::kCalibrated)) return {};
  CalibrationOptions wanted{.threads = setting.threads(options.workload.threads),
                            .allowance = Seconds(std::min(45.0, options.effort / 2)),
                            .progress = [&progress](std::string_view step) { progress.detail(step); }};
  auto known = setting.calibrations.find(*setting.engine, setting.machine, wanted.threads);
  if (known && known->busy()) known.reset();
  for (const GgmlType type : types_in(shapes)) {
    if (!known || !known->has(type)) wanted.types.push_back(type);
  }
  const auto has_rest = [](const Shape& shape) { return model_work(shape).attention_rest_64 > 0; };
  wanted.heads = !(known && known->has_heads()) && std::ranges::any_of(shapes, has_rest);
  const auto is_mixture = [](const Shape& shape) { return shape.experts.has_value(); };
  wanted.experts = !(known && known->has_experts()) && std::ranges::any_of(shapes, is_mixture);
  if (wanted.types.empty() && !wanted.heads && !wanted.experts) return {};
  progress.begin(fmt::format("Calibrating {} types of weights", wanted.types.size()));
  // A cache that cannot be written costs time later, not truth now.
  wanted.keep = [&setting](const Calibration& made) {
    [[maybe_unused]] const Result<void> saved = setting.calibrations.save(made);
  };
  const auto made = calibrate(*setting.engine, setting.machine, wanted, std::move(known));
  if (made) wanted.keep(*made);
  const bool interrupted = !made && made.error().kind == ErrorKind::kInterrupted;
  return interrupted ? Result<void>(std::unexpected(made.error())) : Result<void>();
}

// Some seconds of an effort that has them. Without it one can still go on. Errors: kInterrupted.
Result<void> try_threads_first(const Options& options, Setting& setting, Progress& progress) {
  constexpr double kWorthIt = 30;
  const bool known = options.workload.threads || setting.best_threads || options.evidence;
  if (known || setting.elsewhere || setting.runs_on_gpu(options.workload)) return {};
  if (options.effort < kWorthIt || thread_candidates(setting.machine).size() < 2) return {};
  progress.begin("Trying thread counts");
  const auto made = sweep_threads(*setting.engine, setting.machine,
                                  [&progress](std::string_view step) { progress.detail(step); });
  if (!made && made.error().kind == ErrorKind::kInterrupted) return std::unexpected(made.error());
  if (!made || made->busy()) return {};
  [[maybe_unused]] const Result<void> saved = default_thread_sweep_store().save(*made);
  setting.best_threads = made->best();
  return {};
}

Result<Recommendation> recommend_with_progress(const Options& options, Contenders& contenders,
                                               const Workload& workload, Setting& setting) {
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  const auto start = std::chrono::steady_clock::now();
  if (auto ok = try_threads_first(options, setting, progress); !ok) return std::unexpected(ok.error());
  if (auto ok = calibrate_first(options, contenders.shapes, setting, progress); !ok)
    return std::unexpected(ok.error());
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  const auto begin = [&progress](std::size_t number, std::size_t of, const std::string& model) {
    progress.begin(fmt::format("Rehearsing {} of at most {}: {}", number, of, printable(model)));
  };
  const std::uint32_t threads = setting.threads(options.workload.threads);
  const bool on_gpu = setting.runs_on_gpu(options.workload);
  const RecommendOptions asked{
      .workload = workload,
      .threads = threads,
      .ladder = setting.ladder(threads, on_gpu),
      .on_gpu = on_gpu,
      .memory = setting.memory_bound(on_gpu),
      .disk_read_rate = setting.disk_read_rate(),
      .measured =
          [&](const Shape& shape) {
            return setting.past ? setting.past->measured(shape, threads) : std::nullopt;
          },
      .learned = [&](Timings timings) { return setting.learned(std::move(timings)); },
      .only = options.evidence ? find_evidence(*options.evidence) : std::nullopt,
      .effort = Seconds(setting.elsewhere ? 0 : std::max(0.0, options.effort - spent.count())),
      .merit = [&contenders](const Shape& shape) { return contenders.merit_of(shape); },
      .progress = begin};
  return recommend(std::move(contenders.shapes), setting.engine ? *setting.engine : Engine{}, setting.machine,
                   setting.store, asked);
}

// How another turn or another mix would do: from what each candidate's forecast rests on, else from the
// ladder. Layers go to cards as the user asked, however many of the candidate's do.
Ask ask_here(const Options& options, const Use& use, const Recommendation& answer, const Setting& setting) {
  const bool on_gpu = setting.runs_on_gpu(options.workload);
  const auto ladder = setting.ladder(setting.threads(options.workload.threads), on_gpu);
  const auto only = options.evidence ? find_evidence(*options.evidence) : std::nullopt;
  return [&use, &answer, ladder, only, on_gpu, limits = setting.memory_bound(on_gpu)](const Shape& shape,
                                                                                      Workload workload) {
    workload.gpu_layers = use.workload.gpu_layers;
    workload = placed(workload, shape, on_gpu, limits);
    const auto same = std::ranges::find_if(answer.ranked, [&shape](const Candidate& one) {
      return one.shape.id == shape.id && one.shape.quantization == shape.quantization;
    });
    std::optional<Timings> timings;
    if (!on_gpu && same != answer.ranked.end()) timings = same->timings;
    if (!timings) {
      if (auto known = timings_from(ladder, shape, only, workload)) timings = std::move(*known);
    }
    return forecast(shape, timings, workload, limits);
  };
}

void print_answer(const Options& options, const Use& use, const Considered& considered,
                  const Recommendation& answer, const Setting& setting) {
  const Choice choice = choose(answer.ranked, ask_here(options, use, answer, setting));
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
  const auto answer = recommend_with_progress(options, considered->contenders, use.workload, setting);
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
  parser->add_option("--effort", options->effort, "Time to spend on calibration and rehearsals (90; 0: none)")
      ->check(seconds_or_none())
      ->type_name("SECONDS");
  parser->add_flag("--all", options->all, "List every candidate");
  parser->add_option("--evidence", options->evidence, "Only this rung of the ladder")
      ->check(CLI::IsMember({"looked-up", "estimated", "calibrated", "rehearsed"}))
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
