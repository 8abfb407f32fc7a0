#include "rehearse/thread_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "base/file.h"
#include "base/json_values.h"
#include "engine/bench.h"
#include "rehearse/calibration_model.h"
#include "rehearse/samples.h"
#include "rehearse/skeleton.h"
#include "rehearse/statistics.h"

namespace tokcast {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kSchema = "tokcast.threads/1";
constexpr std::uint32_t kDecodeTokens = 8;
constexpr std::uint32_t kRepetitions = 3;
constexpr double kReplySteps = 29;
constexpr double kAsGood = 1.03;

double turn_seconds(const ThreadTrial& trial) {
  return quiet(values(trial.prefill)) + kReplySteps * quiet(values(trial.decode));
}

// The first test only touches the weights.
Result<ThreadTrial> try_threads(const Engine& engine, const Skeleton& model, std::uint32_t threads) {
  const auto run =
      run_bench(engine, {.model_path = model.path(),
                         .inherited_descriptors = {model.descriptor()},
                         .tests = {{.prompt = 32}, {.prompt = kSweepPrompt}, {.generate = kDecodeTokens}},
                         .threads = threads,
                         .repetitions = kRepetitions,
                         .warm_up = false});
  if (!run) return std::unexpected(run.error());
  ThreadTrial out{.threads = threads, .prefill = run->results[1].samples};
  for (const Seconds sample : run->results[2].samples) out.decode.push_back(sample * (1.0 / kDecodeTokens));
  return out;
}

Json seconds_json(const std::vector<Seconds>& samples) {
  Json out = Json::array();
  for (const Seconds sample : samples) out.push_back(sample.value);
  return out;
}

struct BadKey {
  std::string key;
};

std::vector<Seconds> read_seconds(const Json& json, const char* key) {
  std::vector<Seconds> out;
  for (const double seconds : json.at(key).get<std::vector<double>>()) {
    if (!std::isfinite(seconds) || seconds <= 0) throw BadKey{key};
    out.emplace_back(seconds);
  }
  if (out.empty()) throw BadKey{key};
  return out;
}

template <typename T>
std::optional<T> read_optional(const Json& json, const char* key) {
  const Json& value = json.at(key);
  return value.is_null() ? std::nullopt : std::optional(value.get<T>());
}

ThreadSweep read_sweep(const Json& json) {
  if (json.at("schema").get<std::string>() != kSchema) throw BadKey{"schema"};
  ThreadSweep out{.engine_identity = json.at("engine_identity").get<std::string>(),
                  .machine_identity = json.at("machine_identity").get<std::string>(),
                  .wall = Seconds(json.at("wall_seconds").get<double>())};
  out.contention.others_share = read_optional<double>(json, "others_share");
  out.contention.cpus = read_optional<std::uint32_t>(json, "cpus");
  for (const Json& trial : json.at("trials")) {
    out.trials.push_back({trial.at("threads").get<std::uint32_t>(),
                          read_seconds(trial, "decode_token_seconds"),
                          read_seconds(trial, "prefill_seconds")});
    if (out.trials.back().threads == 0) throw BadKey{"threads"};
  }
  if (out.trials.empty()) throw BadKey{"trials"};
  return out;
}

std::string path_of(const std::string& directory, const std::string& machine, const std::string& engine) {
  return fmt::format("{}/{}.json", directory, stable_hash(fmt::format("{}|{}|threads", machine, engine)));
}

}  // namespace

std::uint32_t ThreadSweep::best() const {
  double quickest = turn_seconds(trials.front());
  for (const ThreadTrial& trial : trials) quickest = std::min(quickest, turn_seconds(trial));
  const auto enough = std::ranges::find_if(
      trials, [quickest](const ThreadTrial& trial) { return turn_seconds(trial) <= quickest * kAsGood; });
  return enough->threads;
}

bool ThreadSweep::busy() const {
  return taken_share(contention, trials.back().threads).value_or(0) > kTooBusy;
}

std::vector<std::uint32_t> thread_candidates(const Machine& machine) {
  const std::uint32_t usual = machine.usable_threads();
  const auto quota = static_cast<std::uint32_t>(std::ceil(machine.cpu_quota.value_or(1e6)));
  const std::uint32_t most =
      std::max(1U, std::min(machine.allowed_cpus.value_or(machine.logical_cpus.value_or(usual)), quota));
  std::set<std::uint32_t> out;
  for (const std::uint32_t threads :
       {usual, usual - 1, (usual + 1) / 2, machine.physical_cores.value_or(usual), most}) {
    if (threads > 0) out.insert(std::min(threads, most));
  }
  return {out.begin(), out.end()};
}

Result<ThreadSweep> sweep_threads(const Engine& engine, const Machine& machine,
                                  const std::function<void(std::string_view)>& progress) {
  const auto start = Clock::now();
  const auto counters = read_contention();
  const auto shape = calibration_shape({CalibrationRole::kMedium, kCommonType});
  if (!shape) return std::unexpected(shape.error());
  const auto limit = machine.memory_limit();
  const auto model = Skeleton::write_full(*shape, limit ? std::optional(limit->bytes) : std::nullopt);
  if (!model) return std::unexpected(model.error());
  ThreadSweep out{.engine_identity = engine.identity, .machine_identity = machine.identity()};
  for (const std::uint32_t threads : thread_candidates(machine)) {
    if (progress) progress(fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"));
    auto trial = try_threads(engine, *model, threads);
    if (!trial) return std::unexpected(trial.error());
    out.trials.push_back(std::move(*trial));
  }
  out.wall = Seconds(std::chrono::duration<double>(Clock::now() - start).count());
  out.contention = contention_since(counters, out.wall, machine.logical_cpus.value_or(1));
  return out;
}

Json thread_sweep_to_json(const ThreadSweep& sweep) {
  Json trials = Json::array();
  for (const ThreadTrial& trial : sweep.trials) {
    trials.push_back({{"threads", trial.threads},
                      {"decode_token_seconds", seconds_json(trial.decode)},
                      {"prefill_seconds", seconds_json(trial.prefill)}});
  }
  return {{"schema", kSchema},
          {"engine_identity", sweep.engine_identity},
          {"machine_identity", sweep.machine_identity},
          {"others_share", or_null(sweep.contention.others_share)},
          {"cpus", or_null(sweep.contention.cpus)},
          {"wall_seconds", sweep.wall.value},
          {"trials", std::move(trials)}};
}

Result<ThreadSweep> thread_sweep_from_json(const Json& json) {
  try {
    return read_sweep(json);
  } catch (const BadKey& bad) {
    return fail(ErrorKind::kBadInput, "a thread count trial with an impossible value", bad.key);
  } catch (const Json::exception&) {
    return fail(ErrorKind::kBadInput, "thread count trials with a key missing or of another kind");
  }
}

std::optional<ThreadSweep> ThreadSweepStore::find(const Engine& engine, const Machine& machine) const {
  const std::string path = path_of(directory_, machine.identity(), engine.identity);
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  const auto json = parse_json(*text, path);
  if (!json) return std::nullopt;
  auto sweep = thread_sweep_from_json(*json);
  const bool fits =
      sweep && sweep->engine_identity == engine.identity && sweep->machine_identity == machine.identity();
  return fits ? std::optional(std::move(*sweep)) : std::nullopt;
}

Result<void> ThreadSweepStore::save(const ThreadSweep& sweep) const {
  return write_file(path_of(directory_, sweep.machine_identity, sweep.engine_identity),
                    thread_sweep_to_json(sweep).dump(1) + "\n");
}

ThreadSweepStore default_thread_sweep_store() {
  return ThreadSweepStore(cache_directory() + "/calibrations");
}

}  // namespace tokcast
