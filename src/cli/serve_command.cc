// `tokcast serve`: the local AI server, in front of the engine's own.
#include "cli/serve_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
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
#include "cli/output.h"
#include "cli/report_documents.h"
#include "cli/servable.h"
#include "cli/serve_accounts.h"
#include "cli/serve_speech.h"
#include "cli/setting.h"
#include "cli/workload_options.h"
#include "report/page.h"
#include "serve/line_writer.h"
#include "serve/page_api.h"
#include "serve/server.h"
#include "setup/served_config.h"
#include "setup/user_file.h"

namespace tokcast {
namespace {

// One line to the user, from any thread.
using Complain = std::function<void(const std::string&)>;

struct Options {
  std::string model;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8765;  // as the clients of the local-ai protocol expect
  ServableOptions servable{};
  std::string remote{};  // URL; empty: the model is served here
  std::string remote_model{};
  std::optional<std::string> remote_key_file{};
  std::string remote_from = "--remote";  // where it was named
  std::optional<double> budget{};
  std::optional<Seconds> promised{};  // of a turn, in what was set up
  std::optional<double> cancel_within{};
  std::optional<std::string> token_file{};
  std::vector<std::string> hosts{};
  std::vector<std::string> origins{};
  TlsFiles tls{};
  bool insecure = false;
  SpeechOptions speech{};
  std::optional<std::string> log{};
  CommonOptions common{};
};

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
  return make_servable(options.servable, path, setting, complain);
}

// Stays open until the process ends. nullopt: none is kept.
Result<std::optional<int>> open_log(const Options& options) {
  if (!options.log) return std::nullopt;
  const int descriptor = open(options.log->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor >= 0) return descriptor;
  return std::unexpected(error_from_errno(errno, "cannot write the log", *options.log));
}

// nullopt: without.
Result<std::optional<TlsFiles>> read_tls(const Options& options) {
  if (options.tls.certificate.empty()) return std::nullopt;
  if (auto hidden = check_private(options.tls.key); !hidden) return std::unexpected(hidden.error());
  return options.tls;
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
  if (auto allowed = check_bind(options.host, out, !options.tls.certificate.empty(), options.insecure);
      !allowed) {
    return std::unexpected(allowed.error());
  }
  return out;
}

// What was not given is as it was set up; a model that is here comes before a server elsewhere. Errors: those
// of read_user_file and served_config.
Result<void> complete(Options& options) {
  if (!options.model.empty() || !options.remote.empty()) return {};
  const std::string path = config_directory() + "/config.toml";
  const auto text = read_user_file(path);
  if (!text) return std::unexpected(text.error());
  const auto config = served_config(text->value_or(""), path);
  if (!config) return std::unexpected(config.error());
  options.speech.complete(config->speech);
  if (config->model_path.empty()) {
    options.remote = config->remote->url;
    options.remote_model = config->remote->model;
    options.remote_key_file = config->remote->key_file;
    options.remote_from = path;
    return {};
  }
  if (config->remote)
    say("serving the model that was set up here; " + path + " names a server elsewhere too");
  options.model = config->model_path;
  if (!options.servable.threads) options.servable.threads = config->threads;
  if (!options.servable.context) options.servable.context = config->context_tokens;
  options.promised = config->turn_budget;
  return {};
}

// The page is made by other commands, which give way to everything else here.
void add_page(ServeOptions& serving, const std::optional<std::string>& engine) {
  serving.page_policy = served_page_policy();
  serving.make_page = [engine]() -> Result<std::string> {
    setpriority(PRIO_PROCESS, 0, 19);  // of this thread, and what it starts
    auto report = report_of_all([](const std::string& /*command*/) {}, engine);
    if (!report) return std::unexpected(report.error());
    report->live_path = std::string_view(kStatusPath).substr(1);
    return report_page(*report);
  };
}

// All but the model. Errors: those of read_access, read_tls and open_log.
Result<ServeOptions> read_serving(const Options& options) {
  auto access = read_access(options);
  if (!access) return std::unexpected(access.error());
  const auto tls = read_tls(options);
  if (!tls) return std::unexpected(tls.error());
  auto log = open_log(options);
  if (!log) return std::unexpected(log.error());
  ServeOptions out{.address = options.host, .port = options.port};
  out.access = std::move(*access);
  out.tls = *tls;
  out.slots = options.servable.sessions;
  if (options.servable.budget) out.http_budget = *options.servable.budget;
  out.version = TOKCAST_VERSION;
  out.log_descriptor = *log;
  return out;
}

Result<ExitCode> serve_to_the_end(ServeOptions serving) {
  const auto end = serve(std::move(serving));
  if (!end) return std::unexpected(end.error());
  if (end->cut) return fail(ErrorKind::kInterrupted, "turns still ran and were cut");
  return ExitCode::kDone;
}

Result<RemoteEngine> read_remote(const Options& options) {
  auto out = read_remote_url(options.remote);
  if (!out) {
    out.error().place = options.remote_from;
    return out;
  }
  out->model = options.remote_model;
  if (options.remote_key_file) {
    auto key = read_token_file(*options.remote_key_file);
    if (!key) return std::unexpected(key.error());
    out->key = std::move(*key);
  } else if (const char* key = getenv("TOKCAST_REMOTE_KEY"); key != nullptr) {
    out->key = key;
  }
  unsetenv("TOKCAST_REMOTE_KEY");
  if (std::ranges::all_of(out->key, [](unsigned char c) { return c > ' ' && c < 0x7f; })) return out;
  return fail(ErrorKind::kBadInput, "this key has characters that no key has",
              options.remote_key_file.value_or("TOKCAST_REMOTE_KEY"));
}

// Nothing is forecast of a machine that we do not know: only the queue's bounds and recent turns hold.
Result<ExitCode> run_remote(const Options& options, ServeOptions serving, const Complain& complain) {
  auto remote = read_remote(options);
  if (!remote) return std::unexpected(remote.error());
  Servable& servable = serving.servable;
  servable.model.id = remote->model;
  servable.model.display = fmt::format("{} at {}", remote->model, remote->authority);
  servable.model.threads = 0;
  servable.turn_budget = options.servable.budget;
  // Which engine runs there is not known.
  const Site site = site_of(read_machine(), Engine{.name = "", .directory = ""});
  servable.account = ledger_accounts({.model = remote->model, .site = site}, complain);
  servable.remote = std::move(*remote);
  serving.say = complain;
  if (auto speech = add_speech(options.speech, serving, complain); !speech)
    return std::unexpected(speech.error());
  return serve_to_the_end(std::move(serving));
}

Result<ExitCode> run_local(Options options, ServeOptions serving, const Complain& complain) {
  if (auto speech = add_speech(options.speech, serving, complain); !speech)
    return std::unexpected(speech.error());
  const auto setting = read_setting(options.common);
  if (!setting) return std::unexpected(setting.error());
  auto servable = make_servable(options.servable, options.model, *setting, complain);
  if (!servable) return std::unexpected(servable.error());
  if (!servable->forecaster) {
    say(
        fmt::format("nothing is known of this model's speed, so no request is refused for its deadline; "
                    "`tokcast rehearse {}` would tell",
                    printable(options.model)));
  }
  serving.servable = std::move(*servable);
  if (!options.servable.budget && options.promised) serving.servable.turn_budget = options.promised;
  serving.find_model = [&](const std::string& path) { return find_other(options, path, *setting, complain); };
  serving.say = complain;
  return serve_to_the_end(std::move(serving));
}

Result<ExitCode> run(Options options) {
  if (options.budget) options.servable.budget = Seconds(*options.budget);
  if (options.cancel_within) options.servable.cancel_within = Seconds(*options.cancel_within);
  auto serving = read_serving(options);
  if (!serving) return std::unexpected(serving.error());
  if (auto whole = complete(options); !whole) return std::unexpected(whole.error());
  add_page(*serving, options.common.engine);
  LineWriter talk(2);
  const Complain say_later = [&talk](const std::string& text) { talk.write("tokcast: " + printable(text)); };
  if (!options.remote.empty()) return run_remote(options, std::move(*serving), say_later);
  return run_local(std::move(options), std::move(*serving), say_later);
}

constexpr const char* kExamples = R"(Examples:
  tokcast serve                                 what `tokcast setup` set up
  tokcast serve ./model.gguf
  tokcast serve ./model.gguf --port 9000 --ctx 8192 --sessions 2
  tokcast serve ./model.gguf --budget 10     refuse what cannot be done in 10 s
  tokcast serve ./model.gguf --host 0.0.0.0 --token-file ./token \
    --tls-certificate ./cert.pem --tls-key ./key.pem
  tokcast serve --remote https://api.example.org/v1 --remote-model NAME
  tokcast serve ./model.gguf --whisper-model ./ggml-base.en.bin \
    --piper-voice ./en_US-lessac-medium.onnx

  curl localhost:8765/v1/chat/completions -d \
    '{"messages":[{"role":"user","content":"Hello"}],"stream":true}'

OpenAI-compatible HTTP and the local-ai WebSocket protocol on one port, with
speech in and out (US English: pocketsphinx, flite; more: whisper.cpp, piper).
It listens at once and says `loading` until the model answers. A request whose forecast misses its
deadline is refused at once: 429, with the forecast.
SIGTERM lets running turns finish, then ends with 0 (143 if they were cut).
All of it: docs/SERVER.md.)";

}  // namespace

Command add_serve(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("serve", "Serve a model: OpenAI's API, WebSockets");
  parser->add_option("--model,MODEL", options->model, "GGUF file (what config.toml names)")->type_name("");
  parser->add_option("--host", options->host, "Address to listen on (127.0.0.1)")->type_name("ADDRESS");
  parser->add_option("--port", options->port, "Port; 0 takes a free one (8765)")->type_name("N");
  parser->add_option("--ctx", options->servable.context, "Context of each session (4096)")
      ->check(CLI::Range(std::uint64_t{16}, std::uint64_t{1} << 24U))
      ->type_name("N");
  parser->add_option("--sessions", options->servable.sessions, "Turns at once (1)")
      ->check(CLI::Range(1U, 64U))
      ->type_name("N");
  parser->add_option("--threads", options->servable.threads, "Threads (the cores we may use)")
      ->check(CLI::Range(1U, 4096U))
      ->type_name("N");
  parser->add_option("--budget", options->budget, "Deadline of turns that name none (10; HTTP 120)")
      ->check(positive_seconds())
      ->type_name("SECONDS");
  const auto cancel_within = parser
                                 ->add_option("--cancel-within", options->cancel_within,
                                              "Smaller batches: cancelled prompts end sooner")
                                 ->check(positive_seconds())
                                 ->type_name("SECONDS");
  parser->add_option("--token-file", options->token_file, "Ask for this token (or TOKCAST_TOKEN)")
      ->type_name("FILE");
  parser->add_option("--allow-host", options->hosts, "Name it may be asked under")->type_name("NAME");
  parser->add_option("--allow-origin", options->origins, "Web pages that may ask it")->type_name("ORIGIN");
  const auto certificate =
      parser->add_option("--tls-certificate", options->tls.certificate, "Speak TLS (PEM, with its chain)")
          ->type_name("FILE");
  const auto key =
      parser->add_option("--tls-key", options->tls.key, "The certificate's key (PEM)")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  parser->add_flag("--insecure", options->insecure, "Listen beyond this machine without token or TLS");
  options->speech.add_to(*parser);
  const auto remote =
      parser->add_option("--remote", options->remote, "Hand turns to this OpenAI-compatible server")
          ->type_name("URL");
  const auto remote_model =
      parser->add_option("--remote-model", options->remote_model, "As the model is called there")
          ->type_name("NAME");
  parser->add_option("--remote-key-file", options->remote_key_file, "Its key (or TOKCAST_REMOTE_KEY)")
      ->needs(remote)
      ->type_name("FILE");
  remote->excludes(cancel_within);  // its batches are not ours
  remote->needs(remote_model);
  remote_model->needs(remote);
  parser->add_option("--engine-arg", options->servable.engine_arguments, "Hand this to llama-server")
      ->type_name("ARG");
  parser->add_option("--log", options->log, "Append turns and engine events as JSON lines")
      ->type_name("FILE");
  options->common.add_engine_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
