#include "setup/measured_turn.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tokcast {
namespace {

constexpr std::uint32_t kRepetitions = 5;
// A turn that takes longer than this was not promised by anybody.
constexpr Seconds kDeadline{1800};

Interval<Seconds> spread_of(std::vector<Seconds> samples) {
  std::ranges::sort(samples);
  return {samples.front(), samples[samples.size() / 2], samples.back()};
}

}  // namespace

Result<TimedTurn> measure_turn(const Engine& engine, const std::string& path, std::uint32_t threads,
                               const Workload& turn) {
  const auto count = [](std::uint64_t tokens) { return static_cast<std::uint32_t>(tokens); };
  const std::uint64_t before = turn.depth_tokens + turn.cached_tokens;
  const BenchTest prompt{.prompt = count(turn.prompt_tokens - turn.cached_tokens), .depth = count(before)};
  const BenchTest reply{.generate = count(turn.reply_tokens),
                        .depth = count(turn.depth_tokens + turn.prompt_tokens)};
  if (prompt.prompt == 0 || reply.generate == 0) {
    return fail(ErrorKind::kUsage, "a turn without a fresh prompt or without a reply cannot be measured",
                path);
  }
  const auto run = run_bench(engine, {.model_path = path,
                                      .tests = {prompt, reply},
                                      .threads = threads,
                                      .repetitions = kRepetitions,
                                      .deadline = kDeadline});
  if (!run) return std::unexpected(run.error());
  TimedTurn out{.samples = run->results};
  out.first_token = spread_of(run->results[0].samples);
  const Interval<Seconds> decoding = spread_of(run->results[1].samples);
  out.turn = out.first_token + decoding;
  out.decode = rate(static_cast<double>(turn.reply_tokens), decoding);
  return out;
}

}  // namespace tokcast
