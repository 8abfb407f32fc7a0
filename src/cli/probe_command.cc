// `tokcast probe`: the machine's facts, limits and measured rates, and what holds it back.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/file.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/fleet_export.h"
#include "cli/output.h"
#include "cli/probe_text.h"
#include "cli/progress.h"
#include "engine/devices.h"
#include "machine/disk.h"
#include "machine/profile_rates.h"
#include "machine/profile_store.h"

namespace tokcast {
namespace {

struct Options {
  CommonOptions common{};
  bool quick = false;
  bool no_rates = false;
  std::string root{};
  std::string models_directory{};
  std::string save{};
  std::string export_as{};
};

// Where Hugging Face's tools keep models, which tokcast shares.
std::string default_models_directory() {
  if (const char* home = std::getenv("HF_HOME")) return std::string(home) + "/hub";
  if (const char* home = std::getenv("HOME")) return std::string(home) + "/.cache/huggingface/hub";
  return "/";
}

// The helper is this very program: drivers may hang or crash, so their libraries live in a process of their
// own.
std::vector<std::string> gpu_helper() {
  return {"/proc/self/exe", "gpu-library"};
}

Profile facts_of(const Options& options) {
  Profile profile{.limits = read_machine(options.root),
                  .facts = read_facts(options.root, options.models_directory),
                  .provenance = "probed",
                  .unix_time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()),
                  .tool_version = TOKCAST_VERSION};
  GpuSurveyOptions survey{.root = options.root};
  if (options.root.empty()) survey.helper = gpu_helper();
  profile.gpus = survey_gpus(survey);
  return profile;
}

// What was measured last time, if the machine and our share of it are still the same.
void recall(Profile& profile) {
  const auto kept = find_profile(default_profile_path(), profile.limits);
  if (!kept) return;
  profile.rates = kept->rates;
  if (kept->facts.disk.path == profile.facts.disk.path)
    profile.facts.disk.read_rate = kept->facts.disk.read_rate;
}

void measure(const Options& options, Profile& profile) {
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  progress.begin("Measuring memory and arithmetic");
  RatesOptions rates = rates_options(profile, options.quick);
  rates.progress = [&progress](std::string_view step) { progress.detail(step); };
  profile.rates = measure_rates(rates);
  progress.begin("Reading the disk");
  profile.facts.disk.read_rate =
      measure_read_rate(profile.facts.disk.path, Seconds(options.quick ? 0.2 : 0.5));
}

std::optional<ProbedEngine> probe_engine(const Options& options) {
  const auto engine = find_engine(default_engine_search(options.common.engine));
  if (!engine) return std::nullopt;
  ProbedEngine out{.name = engine->name + " " + engine->version};
  if (const auto listed = list_devices(*engine)) {
    for (const EngineDevice& device : listed->devices) out.view.devices.push_back(device.description);
    out.view.cpu_variant = listed->cpu_variant;
  }
  return out;
}

Json document(const Profile& profile, const std::optional<ProbedEngine>& engine,
              const std::vector<Finding>& findings) {
  Json out = profile_to_json(profile);
  out["engine"] =
      !engine ? Json()
              : Json{{"name", engine->name},
                     {"cpu_variant", engine->view.cpu_variant ? Json(*engine->view.cpu_variant) : Json()},
                     {"devices", engine->view.devices}};
  out["findings"] = Json::array();
  for (const Finding& finding : findings) {
    out["findings"].push_back({{"grave", finding.grave}, {"what", finding.what}, {"fix", finding.fix}});
  }
  return out;
}

void print(const Options& options, const Profile& profile, const std::optional<ProbedEngine>& engine,
           const std::vector<Finding>& findings) {
  if (options.export_as == "nfd") return print_text(nfd_features(profile));
  if (options.export_as == "slurm") return print_text(slurm_features(profile));
  if (options.export_as == "prometheus") return print_text(prometheus_metrics(profile, findings));
  if (options.common.json) return print_json(document(profile, engine, findings));
  print_text(probe_page(profile, engine, findings, terminal_of(1)));
}

// What this machine said last is kept, if it was measured.
Result<void> keep(const Options& options, const Profile& profile) {
  if (!options.save.empty()) {
    if (auto saved = save_profile(options.save, profile); !saved) return saved;
  }
  if (!options.root.empty() || options.no_rates) return {};
  return save_profile(default_profile_path(), profile);
}

Result<ExitCode> run(Options options) {
  if (options.models_directory.empty()) options.models_directory = default_models_directory();
  Profile profile = facts_of(options);
  // An engine is of this machine: it says nothing about another one's files.
  const auto engine = options.root.empty() ? probe_engine(options) : std::nullopt;
  // Files of another machine cannot be timed.
  if (options.root.empty()) options.no_rates ? recall(profile) : measure(options, profile);
  const auto view = engine ? std::optional(engine->view) : std::nullopt;
  const auto findings = examine(profile, view);
  print(options, profile, engine, findings);
  if (auto kept = keep(options, profile); !kept) {
    if (!options.save.empty()) return std::unexpected(kept.error());
    say("the profile could not be kept: " + describe(kept.error()));
  }
  return ExitCode::kDone;
}

constexpr const char* kExamples = R"(Examples:
  tokcast probe
  tokcast probe --save server.json     then: forecast X --machine server.json
  tokcast probe --root ./files         another machine, by its /proc and /sys
  tokcast probe --no-rates --export prometheus

Takes about 5 s, with --quick 3. Reads facts, asks graphics drivers in processes
of their own, measures how fast memory is read and numbers are multiplied.)";

}  // namespace

Command add_probe(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("probe", "What this machine is and how fast");
  parser->add_flag("--quick", options->quick, "Measure for 2 s at most");
  parser->add_flag("--no-rates", options->no_rates, "Measure nothing; show what was measured last");
  parser->add_option("--save", options->save, "Write the profile to this file")->type_name("FILE");
  parser->add_option("--root", options->root, "Read another machine's files below DIR")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  parser->add_option("--models-dir", options->models_directory, "Where models are kept")->type_name("DIR");
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->add_option("--export", options->export_as, "For a fleet: nfd, slurm or prometheus")
      ->check(CLI::IsMember({"nfd", "slurm", "prometheus"}))
      ->excludes("--json")
      ->type_name("KIND");
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
