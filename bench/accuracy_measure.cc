#include "bench/accuracy_measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/elapsed.h"
#include "base/text.h"
#include "engine/bench.h"
#include "forecast/model_work.h"
#include "machine/profile_rates.h"
#include "rehearse/skeleton.h"

namespace tokcast {
namespace {

constexpr std::uint32_t kTouch = 32;  // a short prefill that touches the weights first; not kept
constexpr std::uint32_t kDecodeTokens = 8;
constexpr Seconds kEnoughOfLong{45};

// The full model, measured stretch by stretch.
class Truth {
 public:
  Truth(const Engine& engine, const Skeleton& full, const AccuracyOptions& options)
      : engine_(engine), full_(full), options_(options) {}

  // Long tests run in two of the stretches at least, in more only while they take little: on a 7B model they
  // are minutes.
  void stretch() {
    run({{.prompt = kTouch}, {.prompt = 128}, {.generate = kDecodeTokens}});
    if (number_ == 2 || number_ == 3 || (number_ > 3 && long_spent_ < kEnoughOfLong)) run_long();
    ++number_;
  }

  // After the rehearsal, however few stretches it left room for.
  Result<std::map<std::string, std::vector<double>>> finish() {
    stretch();
    if (number_ < 4) run_long();
    if (!error_) return std::unexpected(error_.error());
    return std::move(times_);
  }

 private:
  void run_long() {
    const auto begin = std::chrono::steady_clock::now();
    run({{.prompt = kTouch}, {.prompt = 512}});
    run({{.generate = kDecodeTokens}, {.generate = kDecodeTokens, .depth = options_.depth}});
    long_spent_ += since(begin);
  }

  // The first test only touches the weights.
  void run(std::vector<BenchTest> tests) {
    if (!error_) return;
    BenchRequest request{.model_path = full_.path(),
                         .inherited_descriptors = {full_.descriptor()},
                         .tests = std::move(tests),
                         .threads = options_.threads,
                         .repetitions = 1,
                         .warm_up = false,
                         .deadline = Seconds(3600)};
    const auto run = run_bench(engine_, request);
    if (!run) {
      error_ = std::unexpected(run.error());
      return;
    }
    for (std::size_t i = 1; i < run->results.size(); ++i) keep(run->results[i]);
  }

  void keep(const BenchSamples& result) {
    const bool decode = result.test.generate > 0;
    const std::string test = decode ? fmt::format("decode at {}", result.test.depth)
                                    : fmt::format("prefill {}", result.test.prompt);
    for (const Seconds sample : result.samples)
      times_[test].push_back(sample.value / (decode ? result.test.generate : 1));
  }

  const Engine& engine_;
  const Skeleton& full_;
  const AccuracyOptions& options_;
  std::map<std::string, std::vector<double>> times_{};
  std::uint32_t number_ = 0;
  Seconds long_spent_{};
  Result<void> error_{};
};

Result<void> rehearse_in_turns(const Shape& shape, const Skeleton& full, const Engine& engine,
                               const Machine& machine, const AccuracyOptions& options,
                               AccuracyRecord& record) {
  Truth truth(engine, full, options);
  auto rehearsal = rehearse(shape, engine, machine,
                            {.threads = options.threads,
                             .depth = options.depth,
                             .allowance = options.allowance,
                             .interlude = [&truth] { truth.stretch(); }});
  if (!rehearsal) return std::unexpected(rehearsal.error());
  record.rehearsal = std::move(*rehearsal);
  auto times = truth.finish();
  if (!times) return std::unexpected(times.error());
  record.truth = std::move(*times);
  return {};
}

std::vector<GgmlType> types_of(const Shape& shape) {
  std::set<GgmlType> types;
  for (const MatrixWork& matrix : model_work(shape).matrices) {
    if (matrix.type != GgmlType::kF32) types.insert(matrix.type);
  }
  return {types.begin(), types.end()};
}

// Two passes: as many samples of each type as `tokcast calibrate` takes of the common ones.
Result<void> calibrate_in_turns(const Shape& shape, const Skeleton& full, const Engine& engine,
                                const Machine& machine, const AccuracyOptions& options,
                                AccuracyRecord& record) {
  Truth truth(engine, full, options);
  int process = 0;
  Profile profile{.limits = machine, .facts = read_facts("", "/"), .provenance = "probed"};
  profile.rates = measure_rates(rates_options(profile, false));
  std::erase_if(profile.rates->dot, [&options](const DotRate& rate) {
    return std::ranges::any_of(options.without,
                               [&rate](std::string_view word) { return rate.path.starts_with(word); });
  });
  auto calibration = calibrate(engine, machine,
                               {.threads = options.threads,
                                .types = types_of(shape),
                                .heads = model_work(shape).attention_rest_64 > 0,
                                .experts = shape.experts.has_value(),
                                .allowance = Seconds(25),
                                .interlude = [&] {
                                  if (process++ % 3 == 0) truth.stretch();
                                }});
  if (!calibration) return std::unexpected(calibration.error());
  auto times = truth.finish();
  if (!times) return std::unexpected(times.error());
  record.rates = {std::move(*calibration), std::move(profile), std::move(*times)};
  return {};
}

}  // namespace

Result<AccuracyRecord> measure_accuracy(const std::string& model, const Engine& engine,
                                        const Machine& machine, const AccuracyOptions& options) {
  const auto shape = full_shape(model);
  if (!shape) return std::unexpected(shape.error());
  auto full = Skeleton::write_full(*shape, std::nullopt);
  if (!full) return std::unexpected(full.error());
  AccuracyRecord record{.model = model,
                        .kernel = machine.kernel,
                        .engine = fmt::format("{} {}", engine.name, engine.version),
                        .depth = options.depth,
                        .threads = options.threads};
  if (options.rehearse) {
    if (auto ok = rehearse_in_turns(*shape, *full, engine, machine, options, record); !ok) {
      return std::unexpected(ok.error());
    }
  }
  if (options.calibrate) {
    if (auto ok = calibrate_in_turns(*shape, *full, engine, machine, options, record); !ok) {
      return std::unexpected(ok.error());
    }
  }
  return record;
}

}  // namespace tokcast
