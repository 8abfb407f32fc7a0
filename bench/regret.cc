// Regret: does `recommend` choose the best model that keeps the budget? Usage and method: docs/ACCURACY.md.
//
// First the machine is calibrated and the recommender asked once for each budget, with a store of its own, as
// a user who has nothing yet would. Then every candidate is written in full size (random weights, in memory)
// and its turn measured. The choice is compared with the best that kept the budget in truth.
#include <fmt/format.h>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <set>

#include "base/interrupt.h"
#include "base/statistics.h"
#include "bench/regret_judge.h"
#include "choose/merit.h"
#include "choose/use.h"
#include "engine/bench.h"
#include "forecast/model_work.h"
#include "model/naming.h"
#include "rehearse/calibration_rates.h"
#include "rehearse/skeleton.h"

namespace tokcast {
namespace {

struct Options {
  std::vector<std::string> models{"smollm2-360m-instruct", "qwen2.5-0.5b-instruct", "llama-3.2-1b-instruct",
                                  "qwen2.5-1.5b-instruct", "gemma-2-2b-it",         "llama-3.2-3b-instruct",
                                  "gemma-3-4b-it",         "llama-2-7b-chat"};
  std::vector<double> budgets{2, 5, 10};
  std::uint32_t threads = 0;  // 0: as many as make sense
  std::uint32_t repetitions = 3;
  double effort = 90;
  std::string engine{};
};

std::vector<GgmlType> types_in(const std::vector<Shape>& shapes) {
  std::set<GgmlType> types;
  for (const Shape& shape : shapes) {
    for (const MatrixWork& matrix : model_work(shape).matrices) types.insert(matrix.type);
  }
  types.erase(GgmlType::kF32);
  return {types.begin(), types.end()};
}

Result<std::vector<Shape>> read_shapes(const Options& options) {
  std::vector<Shape> out;
  for (const std::string& name : options.models) {
    auto shape = find_shape(name);
    if (!shape) return std::unexpected(shape.error());
    out.push_back(std::move(*shape));
  }
  return out;
}

// The turn's parts as the engine times them: the prompt in one call, then tokens at the depth where the reply
// is.
Result<MeasuredTurn> measure(const Shape& shape, const Engine& engine, const Options& options,
                             const Workload& turn) {
  const auto full = Skeleton::write_full(shape, std::nullopt);
  if (!full) return std::unexpected(full.error());
  const auto prompt = static_cast<std::uint32_t>(turn.prompt_tokens);
  const std::uint32_t generate = 8;
  BenchRequest request{.model_path = full->path(),
                       .inherited_descriptors = {full->descriptor()},
                       .threads = options.threads,
                       .repetitions = options.repetitions,
                       .deadline = Seconds(600)};
  request.tests = {{.prompt = prompt}};
  const auto read = run_bench(engine, request);
  if (!read) return std::unexpected(read.error());
  request.tests = {
      {.generate = generate, .depth = prompt + static_cast<std::uint32_t>(turn.reply_tokens) / 2}};
  const auto write = run_bench(engine, request);
  if (!write) return std::unexpected(write.error());
  const auto part = [](const BenchRun& run, double share) {
    std::vector<double> all;
    for (const Seconds sample : run.results.front().samples) all.push_back(sample.value);
    return quantile(all, share);
  };
  const double steps = static_cast<double>(turn.reply_tokens - 1) / generate;
  const auto at = [&](double share) { return Seconds(part(*read, share) + steps * part(*write, share)); };
  return MeasuredTurn{at(0), at(0.5), at(1)};
}

Result<Recommendation> ask(const std::vector<Shape>& shapes, const Engine& engine, const Machine& machine,
                           const RehearsalStore& store, const Ladder& ladder, const Options& options,
                           Seconds budget) {
  RecommendOptions wanted{.threads = options.threads, .ladder = ladder, .effort = Seconds(options.effort)};
  wanted.workload.turn_budget = budget;
  if (const auto limit = machine.memory_limit()) wanted.memory = MemoryBound{limit->bytes, limit->from};
  wanted.merit = [](const Shape& shape) {
    const auto row = find_catalogue_row(shape.id);
    return row ? merit_of(*row, shape.quantization, uses().front()) : merit_of(shape, uses().front());
  };
  wanted.progress = [](std::size_t, std::size_t, const std::string& model) {
    fmt::print(stderr, "rehearsing {}\n", model);
  };
  return recommend(shapes, engine, machine, store, wanted);
}

Result<int> run_all(Options options) {
  const auto shapes = read_shapes(options);
  if (!shapes) return std::unexpected(shapes.error());
  const auto engine = find_engine(
      default_engine_search(options.engine.empty() ? std::nullopt : std::optional(options.engine)));
  if (!engine) return std::unexpected(engine.error());
  const Machine machine = read_machine();
  if (options.threads == 0) options.threads = machine.usable_threads();
  fmt::print(stderr, "calibrating\n");
  const auto calibration =
      calibrate(*engine, machine, {.threads = options.threads, .types = types_in(*shapes)});
  if (!calibration) return std::unexpected(calibration.error());
  Ladder ladder;
  if (auto rates = rates_from(*calibration)) ladder.calibrated = std::move(*rates);
  const std::string store =
      std::filesystem::temp_directory_path() / fmt::format("tokcast-regret-{}", getpid());
  std::vector<Recommendation> answers;
  for (const double budget : options.budgets) {
    auto answer = ask(*shapes, *engine, machine, RehearsalStore(store), ladder, options, Seconds(budget));
    if (!answer) return std::unexpected(answer.error());
    answers.push_back(std::move(*answer));
  }
  std::error_code ignored;
  std::filesystem::remove_all(store, ignored);
  std::map<std::string, MeasuredTurn> truth;
  for (const Shape& shape : *shapes) {
    fmt::print(stderr, "measuring {} in full\n", model_key(shape));
    const auto turn = measure(shape, *engine, options, answers.front().ranked.front().forecast.workload);
    if (!turn) return std::unexpected(turn.error());
    truth.emplace(model_key(shape), *turn);
  }
  std::vector<Regret> all;
  for (std::size_t i = 0; i < answers.size(); ++i)
    all.push_back(judge(answers[i].ranked, truth, Seconds(options.budgets[i])));
  fmt::print("{}", regret_report(all, answers.back().ranked, truth));
  return 0;
}

}  // namespace
}  // namespace tokcast

int main(int argc, char** argv) {
  tokcast::Options options;
  CLI::App app("Compares choices with full-size models of random weights, as Markdown.");
  app.add_option("models", options.models, "MODEL, of the catalogue");
  app.add_option("--budgets", options.budgets, "seconds for the voice turn")
      ->allow_extra_args(false)
      ->delimiter(',');
  app.add_option("--threads", options.threads, "threads");
  app.add_option("--repetitions", options.repetitions, "of each full-size test");
  app.add_option("--effort", options.effort, "seconds of rehearsals for each budget");
  app.add_option("--engine", options.engine, "engine directory");
  CLI11_PARSE(app, argc, argv);
  tokcast::install_interrupt_handlers();
  const auto done = tokcast::run_all(options);
  if (done) return *done;
  fmt::print(stderr, "regret: {}\n", tokcast::describe(done.error()));
  return 1;
}
