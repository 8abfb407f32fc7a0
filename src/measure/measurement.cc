#include "measure/measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "base/elapsed.h"
#include "base/statistics.h"
#include "measure/page_cache.h"
#include "model/gguf_split.h"

namespace tokcast {
namespace {

constexpr std::uint32_t kSmallPrefill = 32;
constexpr std::uint32_t kPrefill = 128;
constexpr std::uint32_t kBatchPrefill = 512;
constexpr std::uint32_t kDecodeTokens = 8;
constexpr std::uint32_t kRepetitions = 2;
constexpr std::uint32_t kMostRounds = 8;
constexpr std::uint32_t kDepth = 1024;
constexpr std::uint32_t kLeastDepth = 256;  // less drowns in noise
constexpr int kWarmLoads = 2;
// More of a file than this in memory is not cold.
constexpr double kStillCold = 0.02;

using Clock = std::chrono::steady_clock;

std::vector<std::string> parts_of(const std::string& path) {
  const auto split = parse_split_name(path);
  if (!split) return {path};
  std::vector<std::string> out;
  for (std::uint64_t part = 1; part <= split->parts; ++part) out.push_back(split->path_of(part));
  return out;
}

std::uint32_t deepest_wanted(const Shape& shape, const Workload& workload) {
  const std::uint64_t end = workload.depth_tokens + workload.prompt_tokens + workload.reply_tokens;
  const std::uint64_t room = shape.context_length.value_or(std::numeric_limits<std::int32_t>::max());
  const std::uint64_t most = room > std::uint64_t{2} * kPrefill ? room - kPrefill : 0;
  return static_cast<std::uint32_t>(std::min(std::max<std::uint64_t>(end, kDepth), most));
}

bool has_attention(const Shape& shape) {
  return std::ranges::any_of(shape.layers,
                             [](const LayerShape& layer) { return layer.kind == LayerKind::kAttention; });
}

// One measurement in progress.
class Stage {
 public:
  Stage(const Shape& shape, const Engine& engine, const MeasureOptions& options, Measurement& record)
      : shape_(shape),
        engine_(engine),
        options_(options),
        turn_(turn_tests(options.workload)),
        record_(record) {}

  Result<void> run() {
    if (auto ok = loads(); !ok) return ok;
    if (auto ok = round(); !ok) return ok;
    if (const std::uint32_t depth = affordable_depth(); depth > 0) {
      if (auto ok = at_depth(depth); !ok) return ok;
    }
    if (left() > step_of({.prompt = kPrefill}) * (1.2 * kBatchPrefill / kPrefill) + load_) {
      say("a full batch");
      if (auto ok = bench({{.prompt = kSmallPrefill}, {.prompt = kBatchPrefill}}, 1, true); !ok) return ok;
    }
    for (std::uint32_t rounds = 1; rounds < kMostRounds && left() > round_cost_; ++rounds) {
      if (auto ok = round(); !ok) return ok;
    }
    settle_loads();
    return {};
  }

 private:
  Seconds left() const { return options_.allowance - since(start_); }

  Result<void> loads() {
    if (options_.cold) {
      say("loading from the disk");
      if (auto ok = cold_load(); !ok) return ok;
    } else {
      record_.not_cold = "it was not asked for";
    }
    for (int i = 0; i < kWarmLoads; ++i) {
      say("loading from memory");
      if (auto ok = timed_load(record_.load); !ok) return ok;
    }
    load_ = record_.load.back();
    return {};
  }

  Result<void> cold_load() {
    const auto in_memory = drop_from_page_cache(parts_of(options_.model_path));
    if (!in_memory) {
      record_.not_cold = in_memory.error().message;
    } else if (!*in_memory) {
      record_.not_cold = "it cannot be told whether the file left the memory";
    } else if (**in_memory > kStillCold) {
      record_.not_cold = fmt::format("{:.0f} % of the file stayed in memory", **in_memory * 100);
    }
    return record_.not_cold.empty() ? timed_load(record_.cold_load) : Result<void>();
  }

  // With one decode step in it, which settle_loads() takes out.
  Result<void> timed_load(std::vector<Seconds>& into) {
    const auto run = run_bench(engine_, request({{.generate = 1}}, 1));
    if (!run) return std::unexpected(run.error());
    record_.involuntary_switches += run->involuntary_switches;
    into.push_back(run->wall);
    return {};
  }

  void settle_loads() {
    const Seconds step = step_of({.generate = kDecodeTokens}) * (1.0 / kDecodeTokens);
    for (auto* loads : {&record_.load, &record_.cold_load}) {
      for (Seconds& load : *loads) load = std::max(load - step, load * 0.01);
    }
  }

  Result<void> round() {
    const auto begin = Clock::now();
    say(fmt::format("round {}", ++rounds_));
    std::vector<BenchTest> shallow{
        {.prompt = kSmallPrefill}, {.prompt = kPrefill}, {.generate = kDecodeTokens}};
    const bool prefill_is_shallow = turn_.prefill && turn_.prefill->depth == 0;
    if (prefill_is_shallow && !std::ranges::count(shallow, *turn_.prefill)) shallow.push_back(*turn_.prefill);
    if (auto ok = bench(shallow, kRepetitions, true); !ok) return ok;
    for (const auto& test : {prefill_is_shallow ? std::nullopt : turn_.prefill, turn_.decode, turn_.turn}) {
      if (!test || std::ranges::count(shallow, *test) > 0) continue;
      if (auto ok = bench({*test}, kRepetitions, false); !ok) return ok;
    }
    round_cost_ = since(begin);
    return {};
  }

  // Halved until it is within the time; 0: none is, or there is nothing to see.
  std::uint32_t affordable_depth() const {
    std::uint32_t depth = has_attention(shape_) ? deepest_wanted(shape_, options_.workload) : 0;
    const auto cost = [this](std::uint32_t tokens) {
      const double fill = static_cast<double>(tokens) / kPrefill;
      return load_ + step_of({.prompt = kPrefill}) * (fill * 1.3 * kRepetitions + 2.2) +
             step_of({.generate = kDecodeTokens}) * (1.3 * kRepetitions);
    };
    while (depth > kLeastDepth && cost(depth) > left()) depth /= 2;
    return depth >= kLeastDepth ? depth : 0;
  }

  Result<void> at_depth(std::uint32_t depth) {
    say(fmt::format("at depth {}", depth));
    return bench({{.prompt = kPrefill, .depth = depth}, {.generate = kDecodeTokens, .depth = depth}},
                 kRepetitions, false);
  }

  BenchRequest request(std::vector<BenchTest> tests, std::uint32_t repetitions) const {
    return {.model_path = options_.model_path,
            .tests = std::move(tests),
            .threads = options_.threads,
            .repetitions = repetitions,
            .warm_up = false,
            .report_buffers = false,
            .deadline = Seconds(600 + 20 * options_.allowance.value)};
  }

  // `touches`: the first sample of the first test touches the weights for the first time; it is not kept
  // where another one is.
  Result<void> bench(const std::vector<BenchTest>& tests, std::uint32_t repetitions, bool touches) {
    BenchRequest asked = request(tests, repetitions);
    asked.report_buffers = !record_.compute_bytes && touches;
    const auto run = run_bench(engine_, asked);
    if (!run) return std::unexpected(run.error());
    record_.involuntary_switches += run->involuntary_switches;
    if (run->compute_buffer) record_.compute_bytes = run->compute_buffer;
    for (const BenchSamples& result : run->results) {
      const bool first = touches && &result == &run->results.front();
      keep(result.test, {result.samples.begin() + (first ? 1 : 0), result.samples.end()});
    }
    return {};
  }

  void keep(const BenchTest& test, const std::vector<Seconds>& samples) {
    if (samples.empty()) return;
    auto found = std::ranges::find(record_.samples, test, &BenchSamples::test);
    if (found == record_.samples.end()) {
      record_.samples.push_back({test, samples});
    } else {
      found->samples.insert(found->samples.end(), samples.begin(), samples.end());
    }
  }

  // The median of a test; 0 if it was not run yet.
  Seconds step_of(const BenchTest& test) const {
    const auto samples = record_.of(test);
    return Seconds(samples.empty() ? 0 : quantile(samples, 0.5));
  }

  void say(std::string_view what) const {
    if (options_.progress) options_.progress(what);
  }

  const Shape& shape_;
  const Engine& engine_;
  const MeasureOptions& options_;
  TurnTests turn_;
  Measurement& record_;
  Clock::time_point start_ = Clock::now();
  Seconds load_{};
  Seconds round_cost_{};
  std::uint32_t rounds_ = 0;
};

std::optional<Interval<Seconds>> spread(const std::vector<double>& samples) {
  if (samples.empty()) return std::nullopt;
  return Interval<Seconds>{Seconds(quantile(samples, 0)), Seconds(quantile(samples, 0.5)),
                           Seconds(quantile(samples, 1))};
}

std::vector<double> plain(const std::vector<Seconds>& samples) {
  std::vector<double> out;
  for (const Seconds sample : samples) out.push_back(sample.value);
  return out;
}

}  // namespace

std::vector<double> Measurement::of(const BenchTest& test) const {
  const auto found = std::ranges::find(samples, test, &BenchSamples::test);
  return found == samples.end() ? std::vector<double>{} : plain(found->samples);
}

TurnTests turn_tests(const Workload& workload) {
  const auto small = [](std::uint64_t tokens) { return static_cast<std::uint32_t>(tokens); };
  const std::uint64_t fresh = workload.prompt_tokens - workload.cached_tokens;
  const std::uint64_t depth = workload.depth_tokens + workload.cached_tokens;
  // The prompt's last result is the first token of the reply.
  const std::uint64_t steps = workload.reply_tokens > 0 ? workload.reply_tokens - (fresh > 0 ? 1 : 0) : 0;
  TurnTests out;
  if (fresh > 0) out.prefill = BenchTest{.prompt = small(fresh), .depth = small(depth)};
  if (steps > 0) out.decode = BenchTest{.generate = small(steps), .depth = small(depth + fresh)};
  if (fresh > 0 && steps > 0) out.turn = BenchTest{small(fresh), small(steps), small(depth)};
  return out;
}

Result<Measurement> measure(const Shape& shape, const Engine& engine, const Machine& machine,
                            const MeasureOptions& options) {
  if (auto sound = check_workload(options.workload); !sound) return std::unexpected(sound.error());
  const auto start = Clock::now();
  const auto counters = read_contention();
  Measurement out{.threads = options.threads};
  if (auto done = Stage(shape, engine, options, out).run(); !done) return std::unexpected(done.error());
  out.wall = since(start);
  out.contention = contention_since(counters, out.wall, machine.logical_cpus.value_or(options.threads));
  return out;
}

MeasuredTurn measured_turn(const Measurement& measurement, const Workload& workload) {
  const TurnTests tests = turn_tests(workload);
  const auto seconds = [&](const std::optional<BenchTest>& test) {
    return test ? spread(measurement.of(*test)) : std::nullopt;
  };
  MeasuredTurn out{.load = spread(plain(measurement.load)),
                   .cold_load = spread(plain(measurement.cold_load))};
  const auto prefill = seconds(tests.prefill);
  const auto decode = seconds(tests.decode);
  out.turn = tests.turn ? seconds(tests.turn) : (prefill ? prefill : decode);
  if (tests.turn) out.turns = measurement.of(*tests.turn).size();
  if (!tests.turn && out.turn)
    out.turns = measurement.of(tests.prefill ? *tests.prefill : *tests.decode).size();
  out.first_token = prefill;
  if (!tests.prefill && decode) out.first_token = *decode * (1.0 / tests.decode->generate);
  if (prefill) out.prefill = rate(tests.prefill->prompt, *prefill);
  if (decode) out.decode = rate(tests.decode->generate, *decode);
  return out;
}

}  // namespace tokcast
