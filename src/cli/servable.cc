#include "cli/servable.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "cli/find_model.h"
#include "cli/known_timings.h"
#include "cli/serve_accounts.h"
#include "forecast/cancel_time.h"
#include "forecast/cost_model.h"
#include "forecast/load.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kDefaultContext = 4096;
constexpr std::uint32_t kEnoughCores = 4;

Result<void> check_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) return {};
  return fail(ErrorKind::kNotFound, "there is no such model file", path,
              "Give a GGUF file with its weights; `tokcast pull` fetches one.");
}

Result<void> check_engine(const Setting& setting) {
  if (!setting.engine) return std::unexpected(setting.engine.error());
  const std::string server = setting.engine->executable("server");
  if (access(server.c_str(), X_OK) == 0) return {};
  return fail(ErrorKind::kNotFound, "this engine has no llama-server", server,
              "Run `tokcast engine install`, or name another engine with --engine.");
}

// What the engine is told: the necessary as arguments, the rest as variables, which older engines ignore. The
// cache of prompts would take 8 GB beside what was forecast.
EngineSpec engine_spec(const ServableOptions& options, const Engine& engine, const ServedModel& model,
                       std::uint64_t batch) {
  EngineSpec out{.model = model.id};
  const std::vector<std::pair<const char*, std::string>> arguments{
      {"--model", model.path},
      {"--host", "{socket}"},
      {"--alias", model.id},
      {"--threads", std::to_string(model.threads)},
      {"--ctx-size", std::to_string(model.context_tokens * options.sessions)},
      {"--parallel", std::to_string(options.sessions)},
      {"--n-gpu-layers", std::to_string(model.gpu_layers)}};
  out.arguments = {engine.executable("server")};
  for (const auto& [name, value] : arguments) {
    out.arguments.emplace_back(name);
    out.arguments.push_back(value);
  }
  out.arguments.insert(out.arguments.end(), options.engine_arguments.begin(), options.engine_arguments.end());
  out.environment = {{"LLAMA_ARG_OFFLINE", "1"},   {"LLAMA_ARG_JINJA", "1"},    {"LLAMA_ARG_UI", "0"},
                     {"LLAMA_ARG_CACHE_RAM", "0"}, {"LLAMA_LOG_COLORS", "off"}, {"LLAMA_API_KEY", ""}};
  if (model.gpu_layers > 0 && !options.cancel_within) return out;
  // It looks for cancels between batches only. Its default is four micro-batches, which only pipelines of
  // several cards gain from.
  for (const char* name : {"LLAMA_ARG_BATCH", "LLAMA_ARG_UBATCH"}) {
    out.environment.emplace_back(name, std::to_string(batch));
  }
  return out;
}

// The one forecaster, for one model, kept together with what it needs.
TurnForecaster forecaster_of(const Shape& shape, const Timings& timings, const ServedModel& model,
                             std::uint64_t batch, const std::optional<MemoryBound>& memory) {
  return [shape, timings, memory, batch,
          context = model.context_tokens](const TurnSize& size) -> std::optional<TurnTimes> {
    Workload workload;
    workload.batch_tokens = batch;
    workload.prompt_tokens = size.prompt_tokens;
    workload.cached_tokens = std::min(size.cached_tokens, size.prompt_tokens);
    workload.reply_tokens = size.reply_tokens;
    workload.context_tokens = std::max(context, size.prompt_tokens + size.reply_tokens);
    const Forecast answer = forecast(shape, timings, workload, memory);
    if (!answer.turn) return std::nullopt;
    return TurnTimes{answer.turn->first_token, answer.turn->turn};
  };
}

// As `tokcast forecast` knows them; nullopt: nothing is known.
std::optional<Timings> timings_of(const Shape& shape, const Setting& setting, std::uint32_t threads,
                                  std::uint64_t context) {
  Question question{.threads = threads};
  question.workload.context_tokens = context;
  LadderOnDemand ladder(setting, question);
  auto timings = known_timings(shape, setting, ladder, question);
  if (!timings) return std::nullopt;
  add_load(*timings, shape, setting.disk_read_rate());
  return setting.learned(std::move(*timings));
}

// For cancels as soon as was asked; says what that costs.
Result<std::uint64_t> batch_for(const ServableOptions& options, const Shape& shape,
                                const std::optional<Timings>& timings, std::uint64_t context,
                                const std::function<void(const std::string&)>& complain) {
  if (!options.cancel_within) return kMicroBatch;
  if (!timings) {
    return fail(ErrorKind::kNotFound, "nothing is known of this model's speed to size batches by",
                "--cancel-within", "Run `tokcast rehearse MODEL` or `tokcast calibrate` first.");
  }
  const std::uint64_t batch = batch_for_cancel(shape, *timings, *options.cancel_within, context);
  if (batch == kMicroBatch) return batch;
  const auto prompt = [&](std::uint64_t size) {
    return format_seconds(prefill(shape, *timings, kMicroBatch, 0, {.batch = size}).expected);
  };
  complain(fmt::format("prompts are read {} tokens at a time; forecast: one of {} takes {}, not {}", batch,
                       kMicroBatch, prompt(batch), prompt(kMicroBatch)));
  const Seconds cancel = cancel_time(shape, *timings, batch, context - std::min(batch, context));
  if (cancel > *options.cancel_within) {
    complain(fmt::format("yet a cancel in the middle of a long prompt may take {}: no batch is small enough",
                         format_seconds(cancel)));
  }
  return batch;
}

// What was promised counts with the promise's threads. Else one core of four or more is left to the loop, to
// speech and to whoever else is here, unless more is known of the model with all of them; where there are
// fewer, the engine's lower priority has to do.
std::uint32_t threads_for(const Shape& shape, const Setting& setting, const std::optional<Promise>& promise,
                          std::uint64_t context) {
  const std::uint32_t usable = setting.machine.usable_threads();
  if (promise && promise->threads <= std::max(usable, setting.machine.allowed_cpus.value_or(usable))) {
    return promise->threads;
  }
  const std::uint32_t all = setting.threads({});
  const std::uint32_t fewer = usable < kEnoughCores ? all : std::min(all, usable - 1);
  if (fewer == all) return all;
  const auto with_all = timings_of(shape, setting, all, context);
  const auto with_fewer = timings_of(shape, setting, fewer, context);
  const bool knows_more = with_all && (!with_fewer || with_all->evidence > with_fewer->evidence);
  return knows_more ? all : fewer;
}

// From a file that may be in the page cache or not.
std::optional<Interval<Seconds>> load_of(const Timings& timings) {
  if (!timings.load || !timings.cold_load) return std::nullopt;
  return Interval<Seconds>{timings.load->low, timings.load->expected, timings.cold_load->high};
}

void add_memory(Servable& servable, const Shape& shape, const Setting& setting, std::uint32_t sessions) {
  Workload workload;
  workload.context_tokens = servable.model.context_tokens;
  workload.sessions = sessions;
  servable.memory_need = forecast(shape, std::nullopt, workload, setting.memory_bound()).memory.main.total();
  // Now, not when the server was started.
  if (const auto limit = read_machine().memory_limit()) servable.memory_left = limit->bytes;
}

ServedModel model_of(const ServableOptions& options, const std::string& file, const Shape& shape) {
  ServedModel out;
  out.path = std::filesystem::absolute(file).string();
  out.id = std::filesystem::path(file).stem().string();
  out.display = shape.architecture + " " + shape.quantization;
  out.parameters = shape.parameters();
  out.file_bytes = shape.weight_bytes();
  out.context_tokens = options.context.value_or(
      std::min<std::uint64_t>(kDefaultContext, shape.context_length.value_or(kDefaultContext)));
  return out;
}

}  // namespace

Result<Servable> make_servable(const ServableOptions& options, const std::string& file,
                               const Setting& setting,
                               const std::function<void(const std::string&)>& complain) {
  if (auto there = check_file(file); !there) return std::unexpected(there.error());
  const auto shape = find_model(file);
  if (!shape) return std::unexpected(shape.error());
  if (auto there = check_engine(setting); !there) return std::unexpected(there.error());
  Servable out{.model = model_of(options, file, *shape)};
  const auto promise = newest_promise(*shape, setting);
  const std::uint64_t context = out.model.context_tokens;
  out.model.threads = options.threads ? *options.threads : threads_for(*shape, setting, promise, context);
  const auto timings = timings_of(*shape, setting, out.model.threads, context);
  const auto batch = batch_for(options, *shape, timings, context, complain);
  if (!batch) return std::unexpected(batch.error());
  out.spec = engine_spec(options, *setting.engine, out.model, *batch);
  if (timings) {
    out.forecaster = forecaster_of(*shape, *timings, out.model, *batch, setting.memory_bound().main);
    out.load = load_of(*timings);
  }
  out.turn_budget = options.budget;
  if (!out.turn_budget && promise) out.turn_budget = promise->workload.turn_budget;
  add_memory(out, *shape, setting, options.sessions);
  out.account = ledger_accounts(subject_of(*shape, out.model.threads, setting), complain);
  return out;
}

}  // namespace tokcast
