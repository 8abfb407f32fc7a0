// `tokcast serve`: the local AI server, in front of the engine's own.
#include "cli/serve_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "cli/common_options.h"
#include "cli/find_model.h"
#include "cli/forecast_one.h"
#include "cli/known_timings.h"
#include "cli/output.h"
#include "cli/serve_accounts.h"
#include "cli/setting.h"
#include "cli/workload_options.h"
#include "serve/line_writer.h"
#include "serve/server.h"
#include "setup/served_config.h"
#include "setup/user_file.h"
#include "speech/local_speech.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kDefaultContext = 4096;

// One line to the user, from any thread.
using Complain = std::function<void(const std::string&)>;

struct Options {
  std::string model;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8765;  // as the clients of the local-ai protocol expect
  std::optional<std::uint64_t> context{};
  std::uint32_t sessions = 1;
  std::optional<std::uint32_t> threads{};
  std::optional<double> budget{};
  std::optional<Seconds> promised{};  // of a turn, in what was set up
  std::optional<std::string> token_file{};
  std::vector<std::string> hosts{};
  std::vector<std::string> origins{};
  bool insecure = false;
  bool no_speech = false;
  std::optional<std::string> log{};
  std::vector<std::string> engine_arguments{};
  CommonOptions common{};
};

Result<void> check_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) return {};
  return fail(ErrorKind::kNotFound, "there is no such model file", path,
              "Give a GGUF file with its weights; `tokcast pull` fetches one.");
}

// What the engine is told: the necessary as arguments, the rest as variables, which older engines ignore. The
// cache of prompts would take 8 GB beside what was forecast.
EngineSpec engine_spec(const Options& options, const Engine& engine, const ServedModel& model) {
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
  return out;
}

// The one forecaster, for one model, kept together with what it needs.
TurnForecaster forecaster_of(const Shape& shape, const Timings& timings, const ServedModel& model,
                             const std::optional<MemoryBound>& memory) {
  return [shape, timings, memory,
          context = model.context_tokens](const TurnSize& size) -> std::optional<TurnTimes> {
    Workload workload;
    workload.prompt_tokens = size.prompt_tokens;
    workload.cached_tokens = std::min(size.cached_tokens, size.prompt_tokens);
    workload.reply_tokens = size.reply_tokens;
    workload.context_tokens = std::max(context, size.prompt_tokens + size.reply_tokens);
    const Forecast answer = forecast(shape, timings, workload, memory);
    if (!answer.turn) return std::nullopt;
    return TurnTimes{answer.turn->first_token, answer.turn->turn};
  };
}

Result<Servable> make_servable(const Options& options, const std::string& name, const Setting& setting,
                               const Complain& complain) {
  if (auto there = check_file(name); !there) return std::unexpected(there.error());
  const auto shape = find_model(name);
  if (!shape) return std::unexpected(shape.error());
  if (!setting.engine) return std::unexpected(setting.engine.error());
  if (access(setting.engine->executable("server").c_str(), X_OK) != 0) {
    return fail(ErrorKind::kNotFound, "this engine has no llama-server", setting.engine->executable("server"),
                "Run `tokcast engine install`, or name another engine with --engine.");
  }
  Servable out;
  ServedModel& model = out.model;
  model.path = std::filesystem::absolute(name).string();
  model.id = std::filesystem::path(name).stem().string();
  model.display = shape->architecture + " " + shape->quantization;
  model.parameters = shape->parameters();
  model.file_bytes = shape->weight_bytes();
  model.context_tokens = options.context.value_or(
      std::min<std::uint64_t>(kDefaultContext, shape->context_length.value_or(kDefaultContext)));
  model.threads = options.threads.value_or(setting.machine.usable_threads());
  out.spec = engine_spec(options, *setting.engine, model);
  Question question{.threads = model.threads};
  question.workload.context_tokens = model.context_tokens;
  LadderOnDemand ladder(setting, question);
  if (const auto timings = known_timings(*shape, setting, ladder, question)) {
    out.forecaster = forecaster_of(*shape, *timings, model, setting.memory_bound().main);
  }
  out.account = ledger_accounts(*shape, model.threads, setting, complain);
  return out;
}

// What a client may switch to: models beside the one that is served, so that it cannot make us open just any
// file. Links out of the folder were put there by whoever keeps it.
Result<Servable> find_other(const Options& options, const std::string& path, const Setting& setting,
                            const Complain& complain) {
  const auto folder_of = [](const std::string& file) {
    return std::filesystem::absolute(file).lexically_normal().parent_path();
  };
  if (folder_of(path) != folder_of(options.model)) {
    return fail(ErrorKind::kUsage, "only models in the folder of the one that was started can be served",
                path);
  }
  return make_servable(options, path, setting, complain);
}

// Stays open until the process ends. nullopt: none is kept.
Result<std::optional<int>> open_log(const Options& options) {
  if (!options.log) return std::nullopt;
  const int descriptor = open(options.log->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor >= 0) return descriptor;
  return std::unexpected(error_from_errno(errno, "cannot write the log", *options.log));
}

Result<AccessRules> read_access(const Options& options) {
  AccessRules out{.hosts = options.hosts, .origins = options.origins};
  if (options.token_file) {
    auto token = read_token_file(*options.token_file);
    if (!token) return std::unexpected(token.error());
    out.token = std::move(*token);
  } else if (const char* token = getenv("TOKCAST_TOKEN"); token != nullptr && *token != '\0') {
    out.token = token;
  }
  unsetenv("TOKCAST_TOKEN");  // not for the engine
  if (auto allowed = check_bind(options.host, out, options.insecure); !allowed) {
    return std::unexpected(allowed.error());
  }
  return out;
}

// What was not given is as it was set up. Errors: those of read_user_file and served_config.
Result<void> complete(Options& options) {
  if (!options.model.empty()) return {};
  const std::string path = config_directory() + "/config.toml";
  const auto text = read_user_file(path);
  if (!text) return std::unexpected(text.error());
  const auto config = served_config(text->value_or(""), path);
  if (!config) return std::unexpected(config.error());
  options.model = config->model_path;
  if (!options.threads) options.threads = config->threads;
  if (!options.context) options.context = config->context_tokens;
  options.promised = config->turn_budget;
  return {};
}

// One second of speech is some 0.25 s of recognition on one core; the model needs the others.
std::size_t speech_threads(const Setting& setting) {
  return std::clamp<std::size_t>(setting.machine.usable_threads() / 4, 1, 4);
}

Result<ExitCode> run(Options options) {
  if (auto whole = complete(options); !whole) return std::unexpected(whole.error());
  auto access = read_access(options);
  if (!access) return std::unexpected(access.error());
  const auto setting = read_setting(options.common);
  if (!setting) return std::unexpected(setting.error());
  LineWriter talk(2);
  const Complain say_later = [&talk](const std::string& text) { talk.write("tokcast: " + printable(text)); };
  auto servable = make_servable(options, options.model, *setting, say_later);
  if (!servable) return std::unexpected(servable.error());
  if (!servable->forecaster) {
    say(
        fmt::format("nothing is known of this model's speed, so no request is refused for its deadline; "
                    "`tokcast rehearse {}` would tell",
                    printable(options.model)));
  }
  auto log = open_log(options);
  if (!log) return std::unexpected(log.error());
  ServeOptions serving{.address = options.host, .port = options.port};
  serving.access = std::move(*access);
  serving.servable = std::move(*servable);
  serving.slots = options.sessions;
  if (options.promised) serving.turn_budget = *options.promised;
  if (options.budget) serving.turn_budget = serving.http_budget = Seconds(*options.budget);
  serving.version = TOKCAST_VERSION;
  serving.log_descriptor = *log;
  serving.find_model = [&](const std::string& path) {
    return find_other(options, path, *setting, say_later);
  };
  serving.say = say_later;
  if (!options.no_speech) {
    serving.speech_threads = speech_threads(*setting);
    serving.make_speech = [utterances = 2 * serving.speech_threads] {
      return make_local_speech({.utterances = utterances});
    };
  }
  const auto end = serve(std::move(serving));
  if (!end) return std::unexpected(end.error());
  if (end->cut) return fail(ErrorKind::kInterrupted, "turns still ran and were cut");
  return ExitCode::kDone;
}

constexpr const char* kExamples = R"(Examples:
  tokcast serve                                 what `tokcast setup` set up
  tokcast serve ./model.gguf
  tokcast serve ./model.gguf --port 9000 --ctx 8192 --sessions 2
  tokcast serve ./model.gguf --budget 10        refuse what cannot be done in 10 s
  tokcast serve ./model.gguf --host 0.0.0.0 --token-file ./token

  curl localhost:8765/v1/chat/completions -d \
    '{"messages":[{"role":"user","content":"Hello"}],"stream":true}'

OpenAI-compatible HTTP and the local-ai WebSocket protocol on one port, with
speech in and out (US English: pocketsphinx, flite). It listens at once and says `loading` until the model answers. A request whose
forecast misses its deadline is refused at once: 429, with the forecast.
SIGTERM lets running turns finish, then ends with 0 (143 if they were cut).
All of it: docs/SERVER.md.)";

}  // namespace

Command add_serve(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("serve", "Serve a model: OpenAI's API, WebSockets");
  parser->add_option("--model,MODEL", options->model, "GGUF file (what was set up)")->type_name("");
  parser->add_option("--host", options->host, "Address to listen on (127.0.0.1)")->type_name("ADDRESS");
  parser->add_option("--port", options->port, "Port; 0 takes a free one (8765)")->type_name("N");
  parser->add_option("--ctx", options->context, "Context of each session (4096)")
      ->check(CLI::Range(std::uint64_t{16}, std::uint64_t{1} << 24U))
      ->type_name("N");
  parser->add_option("--sessions", options->sessions, "Turns at once (1)")
      ->check(CLI::Range(1U, 64U))
      ->type_name("N");
  parser->add_option("--threads", options->threads, "Threads (the cores we may use)")
      ->check(CLI::Range(1U, 4096U))
      ->type_name("N");
  parser->add_option("--budget", options->budget, "Deadline of turns that name none (10; HTTP 120)")
      ->check(positive_seconds())
      ->type_name("SECONDS");
  parser->add_option("--token-file", options->token_file, "Ask for this token (or TOKCAST_TOKEN)")
      ->type_name("FILE");
  parser->add_option("--allow-host", options->hosts, "Name it may be asked under")->type_name("NAME");
  parser->add_option("--allow-origin", options->origins, "Web pages that may ask it")->type_name("ORIGIN");
  parser->add_flag("--insecure", options->insecure, "Listen beyond this machine without a token");
  parser->add_flag("--no-speech", options->no_speech, "Do not listen or speak");
  parser->add_option("--engine-arg", options->engine_arguments, "Hand this to llama-server")
      ->type_name("ARG");
  parser->add_option("--log", options->log, "Append turns and engine events as JSON lines")
      ->type_name("FILE");
  options->common.add_engine_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
