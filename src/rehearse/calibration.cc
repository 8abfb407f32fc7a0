#include "rehearse/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <span>

#include "base/elapsed.h"
#include "rehearse/calibration_plan.h"
#include "rehearse/layer_kinds.h"
#include "rehearse/skeleton.h"

namespace tokcast {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kRepetitions = 2;
constexpr int kMostPasses = 4;
constexpr std::size_t kTypesWithFullBatch = 4;
constexpr int kMostAttempts = 2;

// Does a last-level cache hold so much of a type's model that decode would look too quick? 187 MB of Q8_0
// were read a sixth quicker than a gigabyte where 480 MiB were shared with other guests; 350 MB were not.
bool may_be_cached(const Machine& machine) {
  return machine.last_level_cache && *machine.last_level_cache >= kLargeCache;
}

// One calibration in progress.
class Measurement {
 public:
  Measurement(const Engine& engine, const Machine& machine, const CalibrationOptions& options,
              Calibration& record)
      : engine_(engine), options_(options), record_(record), beyond_cache_(may_be_cached(machine)) {
    if (const auto limit = machine.memory_limit()) memory_ = limit->bytes;
  }

  Seconds elapsed() const { return since(start_); }
  Seconds spent() const { return since(start_) - interludes_; }

  Result<void> run() {
    std::vector<CalibrationModel> models = pass_of(options_.types);
    Seconds pass_cost{};
    for (int pass = 1; pass <= kMostPasses && !models.empty(); ++pass) {
      if (pass > 1 && spent() + pass_cost > options_.allowance) break;
      const Seconds begin = spent();
      if (auto ok = measure_all(models, pass); !ok) return ok;
      pass_cost = spent() - begin;
      // Later passes refine what most files are made of.
      models = pass_of({options_.types.begin(),
                        options_.types.begin() +
                            static_cast<std::ptrdiff_t>(std::min(options_.types.size(), kQuickTypes))});
    }
    return {};
  }

 private:
  std::vector<CalibrationModel> pass_of(const std::vector<GgmlType>& types) const {
    return models_of_pass(record_, types, {.heads = options_.heads, .experts = options_.experts});
  }

  Result<void> measure_all(const std::vector<CalibrationModel>& models, int pass) {
    for (const CalibrationModel& model : models) {
      if (measured_ && spent() > options_.allowance) break;  // the rest is measured when it is needed
      if (options_.progress) {
        options_.progress(fmt::format("pass {}: {}", pass, calibration_model_name(model)));
      }
      auto done = measure(model, pass);
      const bool of_type = model.role == CalibrationRole::kType;
      if (done && of_type) {
        measured_ = true;
        if (options_.keep) options_.keep(record_);
      }
      if (done) continue;
      // Few models are mixtures: who has less memory does without.
      if (model.role == CalibrationRole::kExperts && done.error().kind == ErrorKind::kDoesNotFit) continue;
      if (!of_type || done.error().kind != ErrorKind::kEngineFailed) return done;
      record_.refused.push_back({model.type, done.error().message});
    }
    return {};
  }

  Result<void> measure(const CalibrationModel& model, int pass) {
    if (model.role == CalibrationRole::kType) return measure_type(model, pass);
    const auto skeleton = write_alone(model);
    if (!skeleton) return std::unexpected(skeleton.error());
    return bench_quietly(model, *skeleton, tests_of(model), kRepetitions, record_.samples.size());
  }

  // Where a cache would hold some of it, decode is timed with more layers behind the same ones.
  Result<void> measure_type(const CalibrationModel& model, int pass) {
    const CalibrationModel large{CalibrationRole::kLarge, model.type};
    auto skeleton = beyond_cache_ ? write_both(model, large) : write_alone(model);
    const bool both = beyond_cache_ && skeleton;
    if (!skeleton && skeleton.error().kind == ErrorKind::kDoesNotFit) skeleton = write_alone(model);
    if (!skeleton) return std::unexpected(skeleton.error());
    std::vector<BenchTest> tests = tests_of(model);
    if (both) {
      if (auto ok = bench(large, *skeleton, {tests.back()}, kRepetitions + 1); !ok) return ok;
      if (auto ok = skeleton->become_small(); !ok) return ok;
      tests.pop_back();
    }
    const std::size_t first = record_.samples.size();
    if (auto ok = bench_quietly(model, *skeleton, tests, kRepetitions, first); !ok) return ok;
    const auto common = std::ranges::find(options_.types, model.type) - options_.types.begin();
    if (pass > 1 || common >= int{kTypesWithFullBatch}) return {};
    return bench_quietly(model, *skeleton, {{.prompt = 8}, {.prompt = 512}}, 1, first);
  }

  Result<Skeleton> write_alone(const CalibrationModel& model) const {
    const auto shape = calibration_shape(model);
    if (!shape) return std::unexpected(shape.error());
    return Skeleton::write_full(*shape, memory_);
  }

  // The small one's layers are the first of the large one's.
  Result<Skeleton> write_both(const CalibrationModel& small, const CalibrationModel& large) const {
    const auto few = calibration_shape(small);
    if (!few) return std::unexpected(few.error());
    const auto many = calibration_shape(large);
    if (!many) return std::unexpected(many.error());
    return Skeleton::write(
        *many, {.large = all_layers(*many), .small_count = static_cast<std::uint32_t>(few->layers.size())},
        memory_);
  }

  // Once more, and then no more, where the times since the group `first` contradict each other.
  Result<void> bench_quietly(const CalibrationModel& model, const Skeleton& skeleton,
                             const std::vector<BenchTest>& tests, std::uint32_t repetitions,
                             std::size_t first) {
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
      if (auto ok = bench(model, skeleton, tests, repetitions); !ok) return ok;
      if (!looks_disturbed(std::span(record_.samples).subspan(first))) break;
    }
    return {};
  }

  Result<void> bench(const CalibrationModel& model, const Skeleton& skeleton,
                     const std::vector<BenchTest>& tests, std::uint32_t repetitions) {
    pause();
    const auto run = run_bench(engine_, {.model_path = skeleton.path(),
                                         .inherited_descriptors = {skeleton.descriptor()},
                                         .tests = tests,
                                         .threads = options_.threads,
                                         .repetitions = repetitions,
                                         .warm_up = false});
    if (!run) return std::unexpected(run.error());
    for (const BenchSamples& result : run->results) {
      record_.samples.push_back({model, result.test, &result == &run->results.front(), result.samples});
    }
    return {};
  }

  void pause() {
    if (!options_.interlude) return;
    const auto begin = Clock::now();
    options_.interlude();
    interludes_ += since(begin);
  }

  const Engine& engine_;
  const CalibrationOptions& options_;
  Calibration& record_;
  std::optional<Bytes> memory_{};
  bool beyond_cache_;
  bool measured_ = false;  // at least one type
  Clock::time_point start_ = Clock::now();
  Seconds interludes_{};
};

Calibration empty_calibration(const Engine& engine, const Machine& machine, std::uint32_t threads) {
  return {.engine_identity = engine.identity,
          .engine_version = engine.version,
          .machine_identity = machine.identity(),
          .machine_name = machine.name,
          .unix_time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()),
          .threads = threads};
}

}  // namespace

bool looks_disturbed(std::span<const CalibrationSamples> groups) {
  constexpr double kMostGrowth = 1.3;        // 1.1 from 128 to 512 rows on a processor with matrix units
  std::map<std::uint32_t, double> each_row;  // the best, by the size of the batch
  for (const CalibrationSamples& group : groups) {
    if (group.test.prompt == 0 || group.test.depth > 0) continue;
    for (const Seconds time : group.samples) {
      const double each = time.value / group.test.prompt;
      double& best = each_row.try_emplace(group.test.prompt, each).first->second;
      best = std::min(best, each);
    }
  }
  const auto grows = [](const auto& smaller, const auto& larger) {
    return larger.second > kMostGrowth * smaller.second;
  };
  return std::ranges::adjacent_find(each_row, grows) != each_row.end();
}

bool Calibration::has(const CalibrationModel& model) const {
  return std::ranges::find(samples, model, &CalibrationSamples::model) != samples.end();
}

bool Calibration::has(GgmlType type) const {
  return has(CalibrationModel{CalibrationRole::kType, type}) ||
         std::ranges::find(refused, type, &RefusedType::type) != refused.end();
}

namespace {

bool has_role(const Calibration& calibration, CalibrationRole role) {
  return calibration.has(CalibrationModel{role, kCommonType});
}

}  // namespace

bool Calibration::has_heads() const {
  return has_role(*this, CalibrationRole::kHeads96) && has_role(*this, CalibrationRole::kHeads80);
}

bool Calibration::has_experts() const {
  return has_role(*this, CalibrationRole::kExperts);
}

bool Calibration::has_checks() const {
  return has_role(*this, CalibrationRole::kWide) && has_role(*this, CalibrationRole::kCheckNorms);
}

bool Calibration::busy() const {
  return taken_share(contention, threads).value_or(0) > kTooBusy;
}

Result<Calibration> calibrate(const Engine& engine, const Machine& machine, const CalibrationOptions& options,
                              std::optional<Calibration> known) {
  const auto counters = read_contention();
  Calibration record = known ? std::move(*known) : empty_calibration(engine, machine, options.threads);
  CalibrationOptions all = options;
  if (!record.has(kCommonType)) {
    std::erase(all.types, kCommonType);
    all.types.insert(all.types.begin(), kCommonType);
  }
  Measurement measurement(engine, machine, all, record);
  const auto with_contention = [&](Calibration made) {
    const Contention now =
        contention_since(counters, measurement.elapsed(), machine.logical_cpus.value_or(options.threads));
    made.contention = joined(made.contention, made.wall, now, measurement.spent());
    made.wall += measurement.spent();
    return made;
  };
  if (options.keep) all.keep = [&](const Calibration& so_far) { options.keep(with_contention(so_far)); };
  if (auto ok = measurement.run(); !ok) return std::unexpected(ok.error());
  const bool any = std::ranges::any_of(
      record.samples, [](const CalibrationSamples& one) { return one.model.role == CalibrationRole::kType; });
  if (!any) return fail(ErrorKind::kEngineFailed, record.refused.front().reason, "calibrate", "");
  return with_contention(std::move(record));
}

}  // namespace tokcast
