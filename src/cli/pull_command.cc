// `tokcast pull`: a model fetched whole, resumed and verified.
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/text.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/find_model.h"
#include "cli/forecast_one.h"
#include "cli/forecast_text.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/pull_text.h"
#include "cli/setting.h"
#include "cli/workload_options.h"
#include "fetch/http.h"
#include "fetch/hub.h"
#include "fetch/pull.h"
#include "forecast/forecast_json.h"
#include "model/naming.h"

namespace tokcast {
namespace {

constexpr Seconds kLineEvery{5};  // where lines cannot be rewritten

struct Options {
  std::string model{};
  std::optional<std::string> models_dir{};
  std::optional<std::uint64_t> bytes_per_second{};
  bool dry_run = false;
  bool keep_archives = false;
  WorkloadOptions workload{};
  CommonOptions common{};
};

Seconds now() {
  const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return Seconds(std::chrono::duration<double>(time).count());
}

// Tells how far it is: on a terminal all the time, else every few seconds.
class PullProgress {
 public:
  PullProgress(Progress& progress, const Terminal& terminal) : progress_(progress), terminal_(terminal) {}

  void show(Bytes here, Bytes size) {
    if (!began_at_) began_at_ = here;
    const std::string line = progress_text(here, size, *began_at_, now() - started_);
    if (terminal_.rewrites_lines) return progress_.detail(line);
    if (now() - last_line_ < kLineEvery) return;
    last_line_ = now();
    progress_.begin(line);
  }

 private:
  Progress& progress_;
  const Terminal& terminal_;
  Seconds started_ = now();
  Seconds last_line_ = started_;
  std::optional<Bytes> began_at_{};
};

// The forecast that stands beside the plan. nullopt: it is no model that we can read, and then its content
// still may be what was promised.
struct Beside {
  Shape shape;
  Forecast forecast;
  ForecastContext context;
};

bool is_about_the_content(ErrorKind kind) {
  return kind == ErrorKind::kBadInput || kind == ErrorKind::kUnsupported;
}

Result<std::optional<Beside>> forecast_beside(const Options& options, const PullPlan& plan) {
  if (plan.is_set || !plan.files.front().item.is_gguf) return std::nullopt;
  auto shape = find_model(options.model);
  if (!shape && is_about_the_content(shape.error().kind)) {
    say("no forecast: " + describe(shape.error()));
    return std::nullopt;
  }
  if (!shape) return std::unexpected(shape.error());
  const auto setting = read_setting(options.common);
  if (!setting) return std::unexpected(setting.error());
  const auto question = question_from(options.workload, *setting);
  if (!question) return std::unexpected(question.error());
  LadderOnDemand ladder(*setting, *question);
  Forecast answer = forecast_one(options.model, *shape, *setting, ladder, *question);
  return Beside{std::move(*shape), std::move(answer), setting->context()};
}

Json files_json(const PullPlan& plan) {
  Json out = Json::array();
  for (const PullFile& file : plan.files) {
    const auto& sha256 = file.item.promise.sha256;
    out.push_back({{"path", file.path},
                   {"bytes", file.size.value},
                   {"bytes_here", file.here.value},
                   {"sha256", sha256 ? Json(*sha256) : Json()}});
  }
  return out;
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json document(const Options& options, const PullPlan& plan, const std::optional<Beside>& beside,
              const std::optional<Pulled>& pulled) {
  return {{"schema", "tokcast.pull/1"},
          {"model", options.model},
          {"repository", text_or_null(plan.repository)},
          {"revision", text_or_null(plan.revision)},
          {"commit", text_or_null(plan.commit)},
          {"directory", plan.directory},
          {"files", files_json(plan)},
          {"bytes", plan.size().value},
          {"bytes_to_fetch", plan.missing().value},
          {"forecast", beside ? forecast_to_json(beside->shape, beside->forecast, beside->context) : Json()},
          {"path", pulled ? Json(pulled->path) : Json()},
          {"bytes_fetched", pulled ? Json(pulled->fetched.value) : Json()}};
}

Result<Pulled> fetch(HttpClient& client, const PullPlan& plan, const PullPlaces& places) {
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  progress.begin("Fetching " + printable(plan.files.front().path));
  PullProgress shown(progress, terminal);
  DownloadOptions how;
  how.progress = [&](Bytes here, Bytes size) { shown.show(here, size); };
  how.waiting = [&](const std::string& owner) { progress.begin("Waiting for " + printable(owner)); };
  return pull(client, plan, places, how);
}

std::string pulled_text(const Pulled& pulled) {
  const std::string how =
      pulled.fetched.value == 0 ? "all of it was here" : format_bytes(pulled.fetched) + " fetched";
  return fmt::format("Ready and verified, {}:\n  {}\n\nNext: llama-server -m {}\n", how,
                     printable(pulled.path), printable(shell_word(pulled.path)));
}

// What was begun is kept, and the user is told so.
Error with_next_step(Error error) {
  if (error.kind == ErrorKind::kInterrupted) error.fix = "What came is kept: the same command goes on.";
  return error;
}

Result<ExitCode> run(const Options& options) {
  if (!is_remote_name(options.model)) {
    return fail(ErrorKind::kUsage, "this is no model elsewhere", printable(options.model),
                "Name it as user/repo[:QUANT], hf://user/repo@revision/file or https://...");
  }
  HttpOptions http = http_options_from_environment();
  http.bytes_per_second = options.bytes_per_second;
  const auto client = curl_http_client(http);
  const Hub hub(*client, hub_access_from_environment());
  const auto name = parse_remote_name(options.model, hub.access().endpoint);
  if (!name) return std::unexpected(name.error());
  PullPlaces places = default_pull_places();
  places.folder = options.models_dir;
  places.unpacks_archives = !options.keep_archives;
  const auto plan = plan_pull(*client, hub, *name, places);
  if (!plan) return std::unexpected(plan.error());
  const auto beside = forecast_beside(options, *plan);
  if (!beside) return std::unexpected(beside.error());
  if (!options.common.json) {
    print_text(plan_text(*plan, terminal_of(1)));
    if (*beside) print_text(headline((*beside)->shape, (*beside)->forecast, (*beside)->context) + "\n");
  }
  std::optional<Pulled> done;
  if (auto room = check_room(*plan); !room) return std::unexpected(room.error());
  if (!options.dry_run) {
    auto pulled = fetch(*client, *plan, places);
    if (!pulled) return std::unexpected(with_next_step(std::move(pulled.error())));
    done = std::move(*pulled);
  }
  if (options.common.json) print_json(document(options, *plan, *beside, done));
  if (!options.common.json && done) print_text(pulled_text(*done));
  return ExitCode::kDone;
}

constexpr const char* kExamples = R"(Examples:
  tokcast pull bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M
  tokcast pull hf://user/repo@revision/model.gguf --models-dir ./models
  tokcast pull user/repo --dry-run         the plan and the forecast, no more
  tokcast pull hf://user/voices/en/low/    all files of a folder
  tokcast pull https://example.org/speech-model.zip   fetched, then unpacked

It lands in the cache that llama.cpp and `hf` share. Stopped at any moment, the
same command goes on where it was; what has its final name was verified.)";

}  // namespace

Command add_pull(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("pull", "Fetch a model: resumable and verified");
  parser->add_option("MODEL", options->model, "user/repo[:QUANT], hf:// or https:// address")
      ->required()
      ->type_name("");
  parser->add_option("--models-dir", options->models_dir, "A plain folder instead of the shared cache")
      ->type_name("DIR");
  parser
      ->add_option("--limit-rate", options->bytes_per_second,
                   "At most so many bytes a second, as 500K or 20M")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("RATE");
  parser->add_flag("--keep-archives", options->keep_archives, "Do not unpack .zip and .tar files");
  parser->add_flag("--dry-run", options->dry_run, "Only the plan and the forecast");
  options->workload.add_to(*parser);
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
