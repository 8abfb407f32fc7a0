#include "rehearse/rehearsal.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/elapsed.h"
#include "base/file.h"
#include "base/text.h"
#include "rehearse/skeleton.h"

namespace tokcast {
namespace {

constexpr std::uint32_t kSmallPrefill = 32;
constexpr std::uint32_t kPrefill = 128;
constexpr std::uint32_t kBatchPrefill = 512;
constexpr std::uint32_t kDecodeTokens = 8;
constexpr std::uint32_t kRepetitions = 2;
constexpr std::uint32_t kDepthRepetitions = 2;
constexpr std::uint32_t kMostRounds = 8;
constexpr std::uint32_t kLeastDepth = 256;  // less drowns in noise

using Clock = std::chrono::steady_clock;

Seconds sum(const std::vector<Seconds>& samples) {
  Seconds total{};
  for (const Seconds sample : samples) total += sample;
  return total;
}

Seconds median(std::vector<Seconds> samples) {
  std::ranges::sort(samples);
  return samples[samples.size() / 2];
}

// One rehearsal in progress: the skeleton, the time left, what was measured so far.
class Stage {
 public:
  Stage(const Engine& engine, const RehearsalOptions& options, Skeleton skeleton, Clock::time_point start,
        Rehearsal& record)
      : engine_(engine), options_(options), skeleton_(std::move(skeleton)), start_(start), record_(record) {}

  // Since the start, without interludes.
  Seconds spent() const { return since(start_) - interludes_; }

  Result<void> run(bool attention) {
    if (auto ok = round(); !ok) return ok;
    if (attention) {
      if (auto ok = depth(); !ok) return ok;
    }
    // Before a second round: what a full batch costs cannot be told from smaller ones within a tenth (two
    // models without: 12 and 20 % off), what a round costs is known.
    if (left() > batch_cost()) {
      if (auto ok = batch(); !ok) return ok;
    }
    while (rounds_ < kMostRounds && left() > round_cost_) {
      if (auto ok = round(); !ok) return ok;
    }
    return {};
  }

 private:
  Seconds left() const { return options_.allowance - spent(); }

  Result<void> round() {
    const Seconds begin = spent();
    const std::vector<BenchTest> tests{
        {.prompt = kSmallPrefill}, {.prompt = kPrefill}, {.generate = kDecodeTokens}};
    say(fmt::format("round {}", rounds_ + 1));
    if (auto ok = bench(RehearsalPass::kRound, false, tests, kRepetitions); !ok) return ok;
    if (auto ok = bench(RehearsalPass::kRound, true, tests, kRepetitions); !ok) return ok;
    ++rounds_;
    round_cost_ = spent() - begin;
    return {};
  }

  // Prefill and decode at the deepest context for which there is time: the cost of depth is a small
  // difference, and a shallow one shows less of it than noise hides. What a second round needs is left if it
  // can be.
  Result<void> depth() {
    std::uint32_t depth = std::max(options_.depth, kLeastDepth);
    const Seconds spare = left() - round_cost_;
    while (depth > kLeastDepth && depth_cost(depth) > spare) depth /= 2;
    say(fmt::format("at depth {}", depth));
    return bench(RehearsalPass::kDepth, true,
                 {{.prompt = kPrefill},
                  {.generate = kDecodeTokens},
                  {.prompt = kPrefill, .depth = depth},
                  {.generate = kDecodeTokens, .depth = depth}},
                 kDepthRepetitions);
  }

  Result<void> batch() {
    say("a full batch");
    // The shortest prefill touches the weights, the next one is what the full batch is compared with.
    return bench(RehearsalPass::kBatch, true,
                 {{.prompt = kSmallPrefill}, {.prompt = kPrefill}, {.prompt = kBatchPrefill}}, kRepetitions);
  }

  // What the passes will cost, from the first round's samples on the large skeleton.
  Seconds depth_cost(std::uint32_t depth) const {
    const double fill = static_cast<double>(depth) / kPrefill;
    return load_ + prefill_ * (fill * 1.15 + 2.1 * kDepthRepetitions) + decode_ * (2.2 * kDepthRepetitions);
  }
  Seconds batch_cost() const {
    return load_ + prefill_ * (kRepetitions * (1.3 + 1.1 * kBatchPrefill / kPrefill));
  }

  Result<void> bench(RehearsalPass pass, bool large, const std::vector<BenchTest>& tests,
                     std::uint32_t repetitions) {
    pause();
    if (auto ok = large ? skeleton_.become_large() : skeleton_.become_small(); !ok) return ok;
    BenchRequest request{.model_path = skeleton_.path(),
                         .inherited_descriptors = {skeleton_.descriptor()},
                         .tests = tests,
                         .threads = options_.threads,
                         .repetitions = repetitions,
                         .warm_up = false,
                         .report_buffers = pass == RehearsalPass::kBatch,
                         .deadline = Seconds(120 + 20 * options_.allowance.value)};
    auto run = run_bench(engine_, request);
    if (!run) return std::unexpected(run.error());
    note(pass, large, *run);
    return {};
  }

  void note(RehearsalPass pass, bool large, const BenchRun& run) {
    Seconds sampled{};
    for (const BenchSamples& result : run.results) {
      sampled += sum(result.samples);
      const bool first = &result == &run.results.front();
      record_.samples.push_back(
          {pass, pass == RehearsalPass::kRound ? rounds_ : 0, large, result.test, first, result.samples});
      if (!large || result.test.depth != 0) continue;
      if (result.test.prompt == kPrefill) prefill_ = median(result.samples);
      if (result.test.generate == kDecodeTokens) decode_ = median(result.samples);
    }
    record_.involuntary_switches += run.involuntary_switches;
    if (run.compute_buffer) record_.compute_bytes = run.compute_buffer;
    if (pass != RehearsalPass::kRound) return;
    const Seconds load = std::max(run.wall - sampled, Seconds(0));
    (large ? record_.large_load : record_.small_load).push_back(load);
    if (large) load_ = load;
  }

  void pause() {
    if (!options_.interlude) return;
    const auto begin = Clock::now();
    options_.interlude();
    interludes_ += since(begin);
  }

  void say(std::string_view what) const {
    if (options_.progress) options_.progress(what);
  }

  const Engine& engine_;
  const RehearsalOptions& options_;
  Skeleton skeleton_;
  Clock::time_point start_;
  Rehearsal& record_;
  std::uint32_t rounds_ = 0;
  Seconds interludes_{};
  Seconds round_cost_{};
  Seconds load_{};
  Seconds prefill_{};
  Seconds decode_{};
};

bool has_attention(const Shape& shape) {
  return std::ranges::any_of(shape.layers,
                             [](const LayerShape& l) { return l.kind == LayerKind::kAttention; });
}

}  // namespace

bool Rehearsal::busy() const {
  return taken_share(contention, threads).value_or(0) > kTooBusy;
}

std::string shape_key(const Shape& shape) {
  std::string text = shape.architecture;
  for (const LayerShape& layer : shape.layers) {
    text += fmt::format("|{},{},{},{},{},{}", static_cast<int>(layer.kind), layer.heads, layer.kv_heads,
                        layer.key_length, layer.value_length, layer.sliding_window.value_or(0));
  }
  for (const Tensor& tensor : shape.header.tensors) {
    text += fmt::format("|{}:{}:{}", tensor.name, fmt::join(tensor.dimensions, "x"),
                        static_cast<std::uint32_t>(tensor.type));
  }
  return stable_hash(text);
}

Result<Rehearsal> rehearse(const Shape& shape, const Engine& engine, const Machine& machine,
                           const RehearsalOptions& options) {
  const auto start = Clock::now();
  const auto counters = read_contention();
  auto plan = plan_layers(shape, rehearsal_byte_budget(shape));
  if (!plan) return std::unexpected(plan.error());
  if (options.progress) options.progress(fmt::format("writing {}", format_bytes(plan->bytes)));
  const auto limit = machine.memory_limit();
  auto skeleton = Skeleton::write(shape, *plan, limit ? std::optional(limit->bytes) : std::nullopt);
  if (!skeleton) return std::unexpected(skeleton.error());

  Rehearsal record{.model = shape.id,
                   .shape_key = shape_key(shape),
                   .engine_identity = engine.identity,
                   .engine_version = engine.version,
                   .machine_identity = machine.identity(),
                   .machine_name = machine.name,
                   .unix_time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()),
                   .threads = options.threads,
                   .plan = *plan,
                   .last_level_cache = machine.last_level_cache};
  Stage stage(engine, options, std::move(*skeleton), start, record);
  if (auto ok = stage.run(has_attention(shape)); !ok) return std::unexpected(ok.error());
  record.wall = stage.spent();
  record.contention =
      contention_since(counters, since(start), machine.logical_cpus.value_or(options.threads));
  return record;
}

}  // namespace tokcast
