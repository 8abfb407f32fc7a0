#include "cli/recommend_here.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/elapsed.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "forecast/model_work.h"
#include "rehearse/calibration.h"
#include "rehearse/thread_sweep.h"

namespace tokcast {
namespace {

// Something can be timed.
bool can_run(const Setting& setting) {
  return setting.engine && !setting.elsewhere;
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
Result<void> calibrate_first(const RecommendWish& wish, const std::vector<Shape>& shapes,
                             const Setting& setting, Progress& progress) {
  if (!can_run(setting) || setting.runs_on_gpu(wish.workload) || wish.effort.value <= 0) return {};
  // Rungs below need no calibration, and a rehearsal is above it.
  if (wish.only.value_or(Evidence::kCalibrated) != Evidence::kCalibrated) return {};
  CalibrationOptions wanted{.threads = setting.threads(wish.workload.threads),
                            .allowance = Seconds(std::min(45.0, wish.effort.value / 2)),
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
Result<void> try_threads_first(const RecommendWish& wish, Setting& setting, Progress& progress) {
  constexpr double kWorthIt = 30;
  const bool known = wish.workload.threads || setting.best_threads || wish.only;
  if (known || !can_run(setting) || setting.runs_on_gpu(wish.workload)) return {};
  if (wish.effort.value < kWorthIt || thread_candidates(setting.machine).size() < 2) return {};
  progress.begin("Trying thread counts");
  const auto made = sweep_threads(*setting.engine, setting.machine,
                                  [&progress](std::string_view step) { progress.detail(step); });
  if (!made && made.error().kind == ErrorKind::kInterrupted) return std::unexpected(made.error());
  if (!made || made->busy()) return {};
  [[maybe_unused]] const Result<void> saved = default_thread_sweep_store().save(*made);
  setting.best_threads = made->best();
  return {};
}

}  // namespace

Result<Recommendation> recommend_here(const RecommendWish& wish, Contenders& contenders,
                                      const Workload& workload, Setting& setting) {
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  const auto start = std::chrono::steady_clock::now();
  if (auto ok = try_threads_first(wish, setting, progress); !ok) return std::unexpected(ok.error());
  if (auto ok = calibrate_first(wish, contenders.shapes, setting, progress); !ok)
    return std::unexpected(ok.error());
  const Seconds spent = since(start);
  const auto begin = [&progress](std::size_t number, std::size_t of, const std::string& model) {
    progress.begin(fmt::format("Rehearsing {} of at most {}: {}", number, of, printable(model)));
  };
  const std::uint32_t threads = setting.threads(wish.workload.threads);
  const bool on_gpu = setting.runs_on_gpu(wish.workload);
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
      .only = wish.only,
      .effort = Seconds(can_run(setting) ? std::max(0.0, wish.effort.value - spent.value) : 0),
      .merit = [&contenders](const Shape& shape) { return contenders.merit_of(shape); },
      .progress = begin};
  return recommend(std::move(contenders.shapes), setting.engine ? *setting.engine : Engine{}, setting.machine,
                   setting.store, asked);
}

Ask ask_here(const RecommendWish& wish, const Use& use, const Recommendation& answer,
             const Setting& setting) {
  const bool on_gpu = setting.runs_on_gpu(wish.workload);
  const auto ladder = setting.ladder(setting.threads(wish.workload.threads), on_gpu);
  return [&use, &answer, ladder, only = wish.only, on_gpu, limits = setting.memory_bound(on_gpu)](
             const Shape& shape, Workload workload) {
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

}  // namespace tokcast
