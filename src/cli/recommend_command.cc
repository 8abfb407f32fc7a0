// `tokcast recommend`: which model to run here.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "choose/recommend.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/find_model.h"
#include "cli/forecast_text.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/recommend_text.h"
#include "cli/setting.h"
#include "cli/workload_options.h"
#include "forecast/model_work.h"
#include "model/catalogue.h"
#include "model/naming.h"
#include "rehearse/calibration.h"
#include "rehearse/thread_sweep.h"

namespace tokcast {
namespace {

struct Options {
  WorkloadOptions workload{};
  double effort = RecommendOptions{}.effort.value;
  std::vector<std::string> models{};
  bool all = false;
  std::string mix{kDefaultMix};
  std::optional<std::string> evidence{};
  CommonOptions common{};
};

// As the user typed it, in --quant if it is an id without a mix of its own. Of a repository without one, its
// usual one.
std::string with_mix(const std::string& name, const std::string& mix) {
  const bool is_file = name.ends_with(".gguf") || std::filesystem::exists(name);
  return is_file || is_remote_name(name) || name.find(':') != std::string::npos ? name : name + ":" + mix;
}

std::vector<std::string> wanted_names(const Options& options) {
  std::vector<std::string> out;
  for (const std::string& name : options.models) out.push_back(with_mix(name, options.mix));
  if (!out.empty()) return out;
  if (options.all) {
    for (const CatalogueRow& row : catalogue()) out.push_back(row.id + ":" + options.mix);
  } else {
    for (const std::string_view id : short_list()) out.push_back(fmt::format("{}:{}", id, options.mix));
  }
  return out;
}

struct Wanted {
  std::vector<Shape> shapes{};
  std::map<std::string, std::string> names{};  // as typed, of those that are files, by their ids
  std::size_t unreadable = 0;                  // of the catalogue, when all of it was asked for
};

Result<Wanted> read_shapes(const Options& options) {
  Wanted out;
  for (const std::string& name : wanted_names(options)) {
    auto shape = find_model(name);
    const bool skip = !shape && options.all && shape.error().kind == ErrorKind::kUnsupported;
    if (skip) {
      ++out.unreadable;
      continue;
    }
    if (!shape) return std::unexpected(shape.error());
    if (shape->header.file_bytes) out.names.emplace(shape->id, name);
    out.shapes.push_back(std::move(*shape));
  }
  return out;
}

// What the user types for a model that may have come from a file, whose id is the file's name only.
std::string name_to_type(const Wanted& wanted, const Shape& shape) {
  const auto found = wanted.names.find(shape.id);
  return found == wanted.names.end() ? model_argument(shape) : found->second;
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
  if (setting.elsewhere || setting.runs_on_gpu(options.workload)) return {};
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

Result<Recommendation> recommend_with_progress(const Options& options, std::vector<Shape> shapes,
                                               const Workload& workload, Setting& setting) {
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  const auto start = std::chrono::steady_clock::now();
  if (auto ok = try_threads_first(options, setting, progress); !ok) return std::unexpected(ok.error());
  if (auto ok = calibrate_first(options, shapes, setting, progress); !ok) return std::unexpected(ok.error());
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
      .progress = begin};
  return recommend(std::move(shapes), *setting.engine, setting.machine, setting.store, asked);
}

Json machine_json(const ForecastContext& context) {
  return {{"name", context.machine_name}, {"profile_id", context.machine_profile_id}};
}

Json skipped_json(const Recommendation& answer) {
  Json out = Json::array();
  for (const Skipped& one : answer.skipped) out.push_back({{"model", one.model}, {"why", one.why}});
  return out;
}

Json document(const Recommendation& answer, const ForecastContext& context) {
  Json forecasts = Json::array();
  for (const Candidate& one : answer.ranked) {
    forecasts.push_back(forecast_to_json(one.shape, one.forecast, context));
    if (one.problem) forecasts.back()["reasons"].push_back(*one.problem);
  }
  const Candidate* best = recommended(answer);
  return {{"schema", "tokcast.recommend/1"},
          {"machine", machine_json(context)},
          {"engine", {{"name", context.engine_name}, {"build", context.engine_build}}},
          {"workload", forecasts.empty() ? Json() : forecasts.front()["workload"]},
          {"recommended", best == nullptr ? Json() : Json(best->shape.id)},
          {"forecasts", std::move(forecasts)},
          {"rehearsed", answer.rehearsed},
          {"not_reached", answer.not_reached},
          {"skipped", skipped_json(answer)}};
}

Result<ExitCode> run(const Options& options) {
  const auto workload = options.workload.workload();
  if (!workload) return std::unexpected(workload.error());
  auto wanted = read_shapes(options);
  if (!wanted) return std::unexpected(wanted.error());
  auto read = read_setting(options.common);
  if (!read) return std::unexpected(read.error());
  Setting& setting = *read;
  if (!setting.engine) return std::unexpected(setting.engine.error());
  if (auto known = check_gpu(options.workload, setting); !known) return std::unexpected(known.error());
  const auto answer = recommend_with_progress(options, std::move(wanted->shapes), *workload, setting);
  if (!answer) return std::unexpected(answer.error());
  if (options.common.json) {
    print_json(document(*answer, setting.context()));
  } else {
    print_text(recommendation_text(*answer, setting.context(), Seconds(options.effort),
                                   name_to_type(*wanted, leading(*answer).shape), terminal_of(1)));
  }
  if (wanted->unreadable > 0) {
    say(fmt::format("{} models of the catalogue cannot be forecast yet (`tokcast models`)",
                    wanted->unreadable));
  }
  return exit_code(leading(*answer).forecast.verdict);
}

constexpr const char* kExamples = R"(Examples:
  tokcast                                     the short list, for a voice turn
  tokcast recommend --prompt 1000 --reply 300 --budget 60 --effort 300
  tokcast recommend --model qwen3-8b --model ./mine.gguf --quant Q5_K_M
  tokcast recommend --all --json

The engine is calibrated once, which ranks all models; those whose verdict that
cannot settle are rehearsed, the best first, until --effort is spent. Both are
kept: asking again goes on.
The exit code is the verdict of the best model, as of `tokcast forecast`.)";

}  // namespace

Command add_recommend(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("recommend", "Which model to run here (the default)");
  parser->add_option("--effort", options->effort, "Time to spend on calibration and rehearsals (90)")
      ->check(positive_seconds())
      ->type_name("SECONDS");
  const auto models = parser->add_option("--model", options->models, "Consider this; may be repeated");
  models->type_name("MODEL")->take_all()->allow_extra_args(false);
  parser->add_flag("--all", options->all, "Consider the whole catalogue")->excludes(models);
  parser->add_option("--evidence", options->evidence, "Only this rung of the ladder")
      ->check(CLI::IsMember({"looked-up", "estimated", "calibrated", "rehearsed"}))
      ->type_name("KIND");
  parser->add_option("--quant", options->mix, "Quantisation (Q4_K_M)")->type_name("NAME");
  options->workload.add_to(*parser);
  options->common.add_machine_to(*parser);
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
