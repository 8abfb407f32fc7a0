// The accuracy suite: how far are forecasts from truths?
//
// For each model and thread count, in one run: the full model is written with random weights and measured,
// the model is rehearsed from its header alone, the full model is measured again. The truth is the median of
// both measurements; so slow drift of the machine meets both sides alike. Usage: docs/ACCURACY.md.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <numeric>

#include "accuracy_report.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "forecast/cost_model.h"
#include "model/naming.h"
#include "model/reduce.h"
#include "rehearse/extend.h"
#include "rehearse/rehearsal.h"
#include "rehearse/skeleton.h"

namespace tokcast {
namespace {

struct Options {
  std::vector<std::string> models{"tinyllama-1.1b-chat:Q4_K_M", "qwen2.5-1.5b-instruct:Q8_0",
                                  "llama-3.2-3b-instruct:Q4_0", "phi-3-mini-4k-instruct:Q4_K_M",
                                  "llama-2-7b-chat:Q4_K_M",     "qwen3-30b-a3b:Q4_K_M@12"};
  std::vector<std::uint32_t> threads{2, 1};
  std::string engine{};
  std::optional<double> allowance{};  // nullopt: what `tokcast rehearse` takes
  std::uint32_t depth = 1024;
};

struct Suite {
  Engine engine;
  Machine machine;
  Options options;
  std::vector<Comparison> comparisons{};
  std::vector<RehearsalCost> costs{};
};

// "name" or "name@N": only its first N layers, for models whose full size no small machine holds.
Result<Shape> full_shape(const std::string& name) {
  const auto at = name.find('@');
  auto shape = find_shape(name.substr(0, at));
  if (!shape || at == std::string::npos) return shape;
  const auto layers = parse_uint(std::string_view(name).substr(at + 1));
  if (!layers || *layers == 0) return fail(ErrorKind::kUsage, "no layer count behind @", name);
  std::vector<std::uint32_t> chosen(*layers);
  std::iota(chosen.begin(), chosen.end(), 0U);
  auto header = reduce_layers(shape->header, chosen);
  if (!header) return std::unexpected(header.error());
  auto cut = shape_from_header(std::move(*header), fmt::format("{}, {} layers", shape->id, *layers));
  if (cut) cut->quantization = shape->quantization;
  return cut;
}

std::string label(const Shape& shape) {
  return shape.id + " " + shape.quantization;
}

// What the suite compares, and how each is forecast from timings.
std::vector<Comparison> comparisons_of(const Shape& shape, const Options& options, std::uint32_t threads) {
  std::vector<Comparison> out;
  for (const char* test : {"prefill 128", "prefill 512"}) out.push_back({label(shape), threads, test, true});
  out.push_back({label(shape), threads, "decode at 0", false});
  out.push_back({label(shape), threads, fmt::format("decode at {}", options.depth), false});
  return out;
}

constexpr std::uint32_t kDecodeTokens = 8;

void set_forecasts(std::vector<Comparison>& out, const Shape& shape, const Timings& timings,
                   std::uint32_t depth) {
  const double per_token = 1.0 / kDecodeTokens;
  out[0].forecast = prefill(shape, timings, 128, 0);
  out[1].forecast = prefill(shape, timings, 512, 0);
  out[2].forecast = decode(shape, timings, kDecodeTokens, 0) * per_token;
  out[3].forecast = decode(shape, timings, kDecodeTokens, depth) * per_token;
}

Result<void> measure(const Suite& suite, const Skeleton& full, std::uint32_t threads,
                     std::vector<BenchTest> tests, std::uint32_t repetitions, std::vector<Comparison>& into) {
  BenchRequest request{.model_path = full.path(),
                       .inherited_descriptors = {full.descriptor()},
                       .tests = std::move(tests),
                       .threads = threads,
                       .repetitions = repetitions,
                       .warm_up = false,
                       .deadline = Seconds(3600)};
  auto run = run_bench(suite.engine, request);
  if (!run) return std::unexpected(run.error());
  for (const BenchSamples& result : run->results) {
    const std::size_t index = result.test.prompt == 128   ? 0
                              : result.test.prompt == 512 ? 1
                              : result.test.depth == 0    ? 2
                                                          : 3;
    const double tokens = result.test.generate > 0 ? result.test.generate : 1;
    // The first sample of several also touches the weights for the first time.
    const std::size_t skipped = result.samples.size() > 1 ? 1 : 0;
    for (std::size_t i = skipped; i < result.samples.size(); ++i) {
      into[index].truth.push_back(result.samples[i].value / tokens);
    }
  }
  return {};
}

Result<void> compare(Suite& suite, const Shape& shape, std::uint32_t threads) {
  const std::uint32_t depth = suite.options.depth;
  fmt::print(stderr, "{}, {} thread(s): writing {}\n", label(shape), threads,
             format_bytes(shape.weight_bytes()));
  auto full = Skeleton::write_full(shape, std::nullopt);
  if (!full) return std::unexpected(full.error());
  auto found = comparisons_of(shape, suite.options, threads);
  const std::vector<BenchTest> quick{{.prompt = 128}, {.generate = kDecodeTokens}};
  fmt::print(stderr, "  measuring\n");
  if (auto ok = measure(suite, *full, threads, quick, 3, found); !ok) return ok;
  fmt::print(stderr, "  rehearsing\n");
  const auto rehearsal = rehearse(
      shape, suite.engine, suite.machine,
      {.threads = threads,
       .depth = depth,
       .allowance = suite.options.allowance ? Seconds(*suite.options.allowance) : default_allowance(shape)});
  if (!rehearsal) return std::unexpected(rehearsal.error());
  fmt::print(stderr, "  measuring again\n");
  if (auto ok = measure(suite, *full, threads, quick, 3, found); !ok) return ok;
  if (auto ok = measure(suite, *full, threads, {{.prompt = 512}}, 1, found); !ok) return ok;
  if (auto ok = measure(suite, *full, threads, {{.generate = kDecodeTokens, .depth = depth}}, 3, found); !ok)
    return ok;
  const auto timings = extend(shape, *rehearsal);
  if (!timings) return std::unexpected(timings.error());
  set_forecasts(found, shape, *timings, depth);
  suite.comparisons.insert(suite.comparisons.end(), found.begin(), found.end());
  suite.costs.push_back(
      {label(shape), threads, rehearsal->plan.bytes / shape.weight_bytes(), rehearsal->wall});
  return {};
}

Result<void> run_all(Suite& suite) {
  for (const std::uint32_t threads : suite.options.threads) {
    for (const std::string& name : suite.options.models) {
      const auto shape = full_shape(name);
      if (!shape) return std::unexpected(shape.error());
      if (auto ok = compare(suite, *shape, threads); !ok) return ok;
    }
  }
  return {};
}

std::string conditions(const Suite& suite) {
  return fmt::format("Machine: {}, {} threads, kernel {}. Engine: {} {}.\n", suite.machine.name,
                     suite.machine.usable_threads(), suite.machine.kernel, suite.engine.name,
                     suite.engine.version);
}

int run(Options options) {
  install_interrupt_handlers();
  auto engine = find_engine(
      default_engine_search(options.engine.empty() ? std::nullopt : std::optional(options.engine)));
  if (!engine) {
    fmt::print(stderr, "accuracy: {}\n", describe(engine.error()));
    return 1;
  }
  Suite suite{std::move(*engine), read_machine(), std::move(options)};
  const auto done = run_all(suite);
  if (!suite.comparisons.empty()) fmt::print("{}", report(suite.comparisons, suite.costs, conditions(suite)));
  if (!done) fmt::print(stderr, "accuracy: {}\n", describe(done.error()));
  return done ? 0 : 1;
}

}  // namespace
}  // namespace tokcast

int main(int argc, char** argv) {
  tokcast::Options options;
  CLI::App app("Compares rehearsals with full-size models of random weights, as Markdown.");
  app.add_option("models", options.models, "MODEL or MODEL@LAYERS");
  app.add_option("--threads", options.threads, "thread counts")->allow_extra_args(false)->delimiter(',');
  app.add_option("--engine", options.engine, "engine directory");
  app.add_option("--allowance", options.allowance, "seconds for one rehearsal (8 to 20, by size)");
  app.add_option("--depth", options.depth, "of the second decode test");
  CLI11_PARSE(app, argc, argv);
  return tokcast::run(std::move(options));
}
