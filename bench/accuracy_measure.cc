#include "bench/accuracy_measure.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engine/bench.h"
#include "rehearse/skeleton.h"

namespace tokcast {
namespace {

constexpr std::uint32_t kTouch = 32;  // a short prefill that touches the weights first; not kept
constexpr std::uint32_t kDecodeTokens = 8;

// The full model, measured stretch by stretch.
class Truth {
 public:
  Truth(const Engine& engine, const Skeleton& full, std::uint32_t threads, AccuracyRecord& record)
      : engine_(engine), full_(full), threads_(threads), record_(record) {}

  // Long tests run in two of the stretches only: on a 7B model they take minutes.
  void stretch() {
    run({{.prompt = kTouch}, {.prompt = 128}, {.generate = kDecodeTokens}});
    if (number_ == 2 || number_ == 3) run_long();
    ++number_;
  }

  // After the rehearsal, however few stretches it left room for.
  Result<void> finish() {
    stretch();
    if (number_ < 4) run_long();
    return error_;
  }

 private:
  void run_long() {
    run({{.prompt = kTouch}, {.prompt = 512}});
    run({{.generate = kDecodeTokens}, {.generate = kDecodeTokens, .depth = record_.depth}});
  }

  // The first test only touches the weights.
  void run(std::vector<BenchTest> tests) {
    if (!error_) return;
    BenchRequest request{.model_path = full_.path(),
                         .inherited_descriptors = {full_.descriptor()},
                         .tests = std::move(tests),
                         .threads = threads_,
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
      record_.truth[test].push_back(sample.value / (decode ? result.test.generate : 1));
  }

  const Engine& engine_;
  const Skeleton& full_;
  std::uint32_t threads_;
  AccuracyRecord& record_;
  std::uint32_t number_ = 0;
  Result<void> error_{};
};

}  // namespace

Result<AccuracyRecord> measure_accuracy(const std::string& model, const Engine& engine,
                                        const Machine& machine, std::uint32_t threads, std::uint32_t depth,
                                        std::optional<Seconds> allowance) {
  const auto shape = full_shape(model);
  if (!shape) return std::unexpected(shape.error());
  auto full = Skeleton::write_full(*shape, std::nullopt);
  if (!full) return std::unexpected(full.error());
  AccuracyRecord record{.model = model,
                        .kernel = machine.kernel,
                        .engine = fmt::format("{} {}", engine.name, engine.version),
                        .depth = depth};
  Truth truth(engine, *full, threads, record);
  auto rehearsal = rehearse(*shape, engine, machine,
                            {.threads = threads,
                             .depth = depth,
                             .allowance = allowance.value_or(default_allowance(*shape)),
                             .interlude = [&truth] { truth.stretch(); }});
  if (!rehearsal) return std::unexpected(rehearsal.error());
  record.rehearsal = std::move(*rehearsal);
  if (auto ok = truth.finish(); !ok) return std::unexpected(ok.error());
  return record;
}

}  // namespace tokcast
