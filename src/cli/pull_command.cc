// `tokcast pull`: a model fetched whole, resumed and verified.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/json_values.h"
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
#include "fetch/line_speed.h"
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
    if (!began_at_) {
      began_at_ = here;
      started_ = now();
    }
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

Result<std::optional<Beside>> forecast_beside(const Options& options, const std::string& source,
                                              const PullPlan& plan, HttpClient& client) {
  if (plan.is_set || !plan.files.front().item.is_gguf) return std::nullopt;
  auto shape = find_remote_model(source, client);
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

const char* source_name(SpeedFrom from) {
  switch (from) {
    case SpeedFrom::kHeader:
      return "header";
    case SpeedFrom::kLastDownload:
      return "last download";
    case SpeedFrom::kLimit:
      return "limit";
  }
  return "";
}

Json time_json(const PullPlan& plan, const std::optional<LineSpeed>& speed) {
  const auto missing = static_cast<double>(plan.missing().value);
  if (!speed || missing == 0) return {};
  return {{"seconds", missing / speed->rate.value},
          {"bytes_per_second", speed->rate.value},
          {"from", source_name(speed->from)}};
}

Json document(const Options& options, const PullPlan& plan, const std::optional<LineSpeed>& speed,
              const std::optional<Beside>& beside, const std::optional<Pulled>& pulled) {
  return {{"schema", "tokcast.pull/1"},
          {"model", options.model},
          {"repository", text_or_null(plan.repository)},
          {"revision", text_or_null(plan.revision)},
          {"commit", text_or_null(plan.commit)},
          {"directory", plan.directory},
          {"files", files_json(plan)},
          {"bytes", plan.size().value},
          {"bytes_to_fetch", plan.missing().value},
          {"time_to_fetch", time_json(plan, speed)},
          {"forecast", beside ? forecast_to_json(beside->shape, beside->forecast, beside->context) : Json()},
          {"path", pulled ? Json(pulled->path) : Json()},
          {"bytes_fetched", pulled ? Json(pulled->fetched.value) : Json()}};
}

// The server that is asked first, whose downloads are remembered.
std::string server_of(const PullPlan& plan) {
  return host_of(plan.files.front().item.file.request.url);
}

std::optional<LineSpeed> speed_for(const Options& options, const PullPlan& plan,
                                   const MeteredClient& client) {
  // Under a limit the header's speed is the limit's.
  const auto header = options.bytes_per_second ? std::nullopt : client.passed().speed();
  return expected_speed(header, default_speed_store().find(server_of(plan)), options.bytes_per_second);
}

// What took time for other reasons than the line's tells nothing of it: a limit, another process that was
// waited for, a large part that was here and had to be read.
void note_speed(const Options& options, const PullPlan& plan, const Passage& download, bool waited) {
  const bool mostly_fetched = 2 * download.bytes.value >= plan.size().value;
  if (!options.bytes_per_second && !waited && mostly_fetched)
    default_speed_store().note(server_of(plan), download);
}

Result<Pulled> fetch(HttpClient& client, const Options& options, const PullPlan& plan,
                     const PullPlaces& places) {
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  progress.begin("Fetching " + printable(plan.files.front().path));
  PullProgress shown(progress, terminal);
  bool waited = false;
  DownloadOptions how;
  how.progress = [&](Bytes here, Bytes size) { shown.show(here, size); };
  how.waiting = [&](const std::string& owner) {
    waited = true;
    progress.begin("Waiting for " + printable(owner));
  };
  const Seconds begun = now();
  auto pulled = pull(client, plan, places, how);
  if (pulled) note_speed(options, plan, {pulled->fetched, now() - begun}, waited);
  return pulled;
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

// The name of what is fetched: as given, or where the catalogue says that files of this id lie.
Result<std::string> source_of(const std::string& model) {
  if (is_remote_name(model)) return model;
  std::error_code unknown;
  if (std::filesystem::exists(model, unknown) || model.find('/') != std::string::npos ||
      model.ends_with(".gguf")) {
    return fail(ErrorKind::kUsage, "this is no model elsewhere", printable(model),
                "Name it as user/repo[:QUANT], hf://user/repo@revision/file, https://... or a catalogue id.");
  }
  return repository_of_id(model);
}

Result<ExitCode> run(const Options& options) {
  const auto source = source_of(options.model);
  if (!source) return std::unexpected(source.error());
  HttpOptions http = http_options_from_environment();
  http.bytes_per_second = options.bytes_per_second;
  const auto line = curl_http_client(http);
  MeteredClient client(*line);
  const Hub hub(client, hub_access_from_environment());
  const auto name = parse_remote_name(*source, hub.access().endpoint);
  if (!name) return std::unexpected(name.error());
  PullPlaces places = default_pull_places();
  places.folder = options.models_dir;
  places.unpacks_archives = !options.keep_archives;
  const auto plan = plan_pull(client, hub, *name, places);
  if (!plan) return std::unexpected(plan.error());
  const auto beside = forecast_beside(options, *source, *plan, client);
  if (!beside) return std::unexpected(beside.error());
  const auto speed = speed_for(options, *plan, client);
  if (!options.common.json) {
    print_text(plan_text(*plan, speed, terminal_of(1)));
    if (*beside) print_text(headline((*beside)->shape, (*beside)->forecast, (*beside)->context) + "\n");
  }
  std::optional<Pulled> done;
  if (auto room = check_room(*plan); !room) return std::unexpected(room.error());
  if (!options.dry_run) {
    auto pulled = fetch(client, options, *plan, places);
    if (!pulled) return std::unexpected(with_next_step(std::move(pulled.error())));
    done = std::move(*pulled);
  }
  if (options.common.json) print_json(document(options, *plan, speed, *beside, done));
  if (!options.common.json && done) print_text(pulled_text(*done));
  return ExitCode::kDone;
}

constexpr const char* kExamples = R"(Examples:
  tokcast pull llama-3.2-3b-instruct:Q4_K_M       a name of the catalogue
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
  parser->add_option("MODEL", options->model, "Catalogue id, user/repo[:QUANT], hf:// or URL")
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
