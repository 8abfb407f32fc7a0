#include "rehearse/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <span>

#include "base/elapsed.h"
#include "rehearse/skeleton.h"

namespace tokcast {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kDecodeTokens = 8;
constexpr std::uint32_t kDepth = 1024;
constexpr std::uint32_t kRepetitions = 2;
constexpr int kMostPasses = 4;
constexpr std::size_t kTypesWithFullBatch = 4;
constexpr int kMostAttempts = 2;

bool is_check(const CalibrationModel& model) {
  return model.role == CalibrationRole::kCheckNorms ||
         model == CalibrationModel{CalibrationRole::kWide, kCommonType};
}

// Types whose kernels add to their results often enough that it matters where those lie.
bool feels_alignment(GgmlType type) {
  return type == GgmlType::kQ8_0 || type == GgmlType::kQ4_0;
}

bool measures_attention(const CalibrationModel& model) {
  using enum CalibrationRole;
  return model.role == kOwnHeads || model.role == kShared || model.role == kHeads96 || model.role == kHeads80;
}

std::vector<BenchTest> tests_of(const CalibrationModel& model) {
  if (measures_attention(model)) {
    return {{.prompt = 128},
            {.generate = kDecodeTokens},
            {.prompt = 128, .depth = kDepth},
            {.generate = kDecodeTokens, .depth = kDepth}};
  }
  if (model.role == CalibrationRole::kExperts) {
    return {{.prompt = 32}, {.prompt = 128}, {.prompt = 512}, {.generate = kDecodeTokens}};
  }
  if (is_check(model)) return {{.prompt = 32}, {.prompt = 128}, {.generate = kDecodeTokens}};
  if (model.role == CalibrationRole::kWide) return {{.prompt = 8}, {.prompt = 128}};
  return {{.prompt = 8}, {.prompt = 32}, {.prompt = 128}, {.generate = kDecodeTokens}};
}

// One calibration in progress.
class Measurement {
 public:
  Measurement(const Engine& engine, const Machine& machine, const CalibrationOptions& options,
              Calibration& record)
      : engine_(engine), options_(options), record_(record) {
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
  // What one pass measures; shared models first, as every type's figures rest on them.
  std::vector<CalibrationModel> pass_of(const std::vector<GgmlType>& types) const {
    std::vector<CalibrationModel> models;
    for (const CalibrationRole role :
         {CalibrationRole::kShallow, CalibrationRole::kTall, CalibrationRole::kMedium,
          CalibrationRole::kOwnHeads, CalibrationRole::kShared}) {
      models.push_back({role, kCommonType});
    }
    std::size_t quick = models.size();
    for (const GgmlType type : types) {
      if (!refused(type)) models.push_back({CalibrationRole::kType, type});
    }
    // Few models are mixtures or have heads that vectors do not divide: after the commonest types.
    quick = std::min(quick + kQuickTypes, models.size());
    std::vector<CalibrationModel> special;
    if (!record_.has_checks()) {
      special.push_back({CalibrationRole::kWide, kCommonType});
      special.push_back({CalibrationRole::kCheckNorms, kCommonType});
    }
    for (const GgmlType type : types) {
      const CalibrationModel wide{CalibrationRole::kWide, type};
      if (feels_alignment(type) && !refused(type) && !record_.has(wide)) special.push_back(wide);
    }
    if (options_.experts && has_room_for_experts())
      special.push_back({CalibrationRole::kExperts, kCommonType});
    if (options_.heads) {
      special.push_back({CalibrationRole::kHeads96, kCommonType});
      special.push_back({CalibrationRole::kHeads80, kCommonType});
    }
    models.insert(models.begin() + static_cast<std::ptrdiff_t>(quick), special.begin(), special.end());
    return models;
  }

  // Who has less memory runs no mixture.
  bool has_room_for_experts() const {
    constexpr Bytes kEnough{2 * kGibi.value};
    return !memory_ || *memory_ >= kEnough;
  }

  bool refused(GgmlType type) const {
    return std::ranges::find(record_.refused, type, &RefusedType::type) != record_.refused.end();
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
      if (!of_type || done.error().kind != ErrorKind::kEngineFailed) return done;
      record_.refused.push_back({model.type, done.error().message});
    }
    return {};
  }

  Result<void> measure(const CalibrationModel& model, int pass) {
    const auto shape = calibration_shape(model);
    if (!shape) return std::unexpected(shape.error());
    auto skeleton = Skeleton::write_full(*shape, memory_);
    if (!skeleton) return std::unexpected(skeleton.error());
    const std::size_t first = record_.samples.size();
    if (auto ok = bench_quietly(model, *skeleton, tests_of(model), kRepetitions, first); !ok) return ok;
    const auto common = std::ranges::find(options_.types, model.type) - options_.types.begin();
    if (model.role != CalibrationRole::kType || pass > 1 || common >= int{kTypesWithFullBatch}) return {};
    return bench_quietly(model, *skeleton, {{.prompt = 8}, {.prompt = 512}}, 1, first);
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
