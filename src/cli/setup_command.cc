// `tokcast setup`: the whole job, from looking at the machine to a server that can be started.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "choose/use.h"
#include "cli/command.h"
#include "cli/forecast_text.h"
#include "cli/output.h"
#include "cli/setting.h"
#include "cli/setup_choice.h"
#include "cli/setup_options.h"
#include "cli/setup_perform.h"
#include "cli/setup_plan.h"
#include "cli/setup_text.h"
#include "cli/tier_forecasts.h"
#include "fetch/http.h"
#include "fetch/hub.h"

namespace tokcast {
namespace {

// What is to be written, from the forecast that is accepted. Needs a forecast with times, or no model.
ServerSettings settings_of(const SetupOptions& options, const SetupChoice& choice) {
  const Tier& tier = choice.tier();
  ServerSettings out{
      .use = options.use, .tier = tier.name, .language = options.wants_speech() ? options.language : ""};
  if (!tier.llm) return out;
  if (choice.of_models) out.tier.clear();
  const Forecast& forecast = choice.chosen().forecast->forecast;
  out.model = model_name_of(*tier.llm);
  out.threads = forecast.turn->threads;
  out.context_tokens = tier.turn.context_tokens;
  out.max_tokens = tier.turn.reply_tokens;
  out.gpu_layers = tier.on_gpu() ? tier.llm->gpu_layers.value_or(-1) : 0;
  out.budget = tier.turn.turn_budget.value_or(Seconds(0));
  set_timeouts(out, *forecast.turn);
  return out;
}

// Nothing is fetched that cannot run, or of which nothing can be promised.
Result<void> check_possible(const SetupChoice& choice) {
  const TierCandidate& chosen = choice.chosen();
  if (!chosen.tier->llm || choice.recalled) return {};
  const std::string why = chosen.reasons.empty() ? "nothing is known of it" : chosen.reasons.front();
  if (chosen.forecast && chosen.forecast->forecast.verdict == Verdict::kDoesNotFit) {
    return fail(ErrorKind::kDoesNotFit, fmt::format("{} is not set up: {}", chosen.tier->name, why), "",
                "Choose another --tier, or none.");
  }
  if (chosen.forecast && chosen.forecast->forecast.turn) return {};
  return fail(
      ErrorKind::kUnsupported,
      fmt::format("{} is not set up, since nothing can be promised of it: {}", chosen.tier->name, why), "",
      "Choose another --tier, or none.");
}

Error not_agreed() {
  return {ErrorKind::kUsage, "nothing was fetched or written: setup asks on a terminal only", "",
          "Give --yes to go on, or --dry-run to look."};
}

// Asks on a terminal; elsewhere nobody can answer.
Result<void> confirm(const SetupOptions& options, const SetupPlan& plan) {
  if (options.yes) return {};
  if (options.common.json || isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0)
    return std::unexpected(not_agreed());
  std::cerr << fmt::format("Fetch {} and write {}? [y/N] ", format_bytes(plan.missing()),
                           printable(options.env))
            << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  answer = lower(trim(answer));
  if (answer == "y" || answer == "yes") return {};
  return std::unexpected(
      Error{ErrorKind::kUsage, "nothing was fetched or written", "", "Answer y to go on."});
}

// One run of the command: what it was asked, and what it finds.
class Setup {
 public:
  Setup(const SetupOptions& options, Setting setting)
      : options_(options),
        setting_(std::move(setting)),
        client_(curl_http_client(http_options_from_environment())),
        hub_(*client_, hub_access_from_environment()) {}

  Result<ExitCode> run() {
    const auto key = question_key(options_, setting_);
    if (!key) return std::unexpected(key.error());
    record_ = setting_.elsewhere ? SetupRecord{} : read_setup_record(record_path_);
    // Another question: of the last one only what was written to `.env` still counts.
    if (record_.key != *key) record_ = {.key = *key, .env = record_.env};
    while (true) {
      auto ended = once();
      if (!ended) return std::unexpected(ended.error());
      if (*ended) return **ended;
    }
  }

 private:
  // nullopt: the promise was broken, and the next candidate is to be tried.
  Result<std::optional<ExitCode>> once() {
    if (auto ok = choose(); !ok) return std::unexpected(ok.error());
    if (setting_.elsewhere) return finish_dry_run(std::nullopt);
    auto plan = plan_setup(*client_, hub_, options_, *choice_->registry, choice_->tier());
    if (!plan && passes_over(plan.error())) return std::optional<ExitCode>();
    if (!plan) return std::unexpected(plan.error().error);
    if (!options_.common.json) print_text("\n" + plan_text(*plan, terminal_of(1)));
    if (auto room = check_room(plan->together()); !room) return std::unexpected(room.error());
    if (options_.dry_run) return finish_dry_run(*plan);
    if (auto possible = check_possible(*choice_); !possible) return std::unexpected(possible.error());
    if (auto agreed = confirm(options_, *plan); !agreed) return std::unexpected(agreed.error());
    return perform(*plan);
  }

  // The catalogue knows of a model whose repository does not have it, or not in this mix: the next one is
  // tried, but not for ever.
  bool passes_over(const PlanProblem& problem) {
    const bool is_gone = problem.part == "llm" && problem.error.kind == ErrorKind::kNotFound;
    if (!is_gone || !choice_->of_models || choice_->recalled || unavailable_.size() >= kMostUnavailable)
      return false;
    say(printable(describe(problem.error)) + " Looking for the next one");
    unavailable_.push_back(choice_->tier().name);
    return true;
  }

  std::vector<std::string> excluded() const {
    std::vector<std::string> out = record_.broken;
    out.insert(out.end(), unavailable_.begin(), unavailable_.end());
    return out;
  }

  // As it was chosen before, if the question is the same and it is still to be had; else anew.
  Result<void> choose() {
    // Without a promise in the ledger it was stopped before anything could be held to account.
    const bool before = record_.settings && (record_.promise || record_.settings->model.empty());
    Result<SetupChoice> chosen = fail(ErrorKind::kNotFound, "nothing was chosen before");
    if (before) chosen = recall_setup(options_, setting_, record_);
    if (!chosen && chosen.error().kind == ErrorKind::kNotFound)
      chosen = choose_setup(options_, setting_, excluded());
    if (!chosen) return std::unexpected(chosen.error());
    choice_ = std::move(*chosen);
    for (const std::string& note : choice_->notes) say(printable(note));
    for (const std::string& note : choice_->registry->notes) say(printable(note));
    if (!options_.common.json) print_text(choice_text(*choice_, setting_, terminal_of(1)));
    return {};
  }

  // Of a machine elsewhere the plan is not ours to make: its files would not be fetched to here.
  Result<std::optional<ExitCode>> finish_dry_run(const std::optional<SetupPlan>& plan) {
    if (options_.common.json) print_json(document(plan, std::nullopt));
    const TierCandidate& chosen = choice_->chosen();
    if (!chosen.tier->llm) return std::optional(ExitCode::kBreaks);
    if (choice_->recalled) return std::optional(keeps_promise(record_) ? ExitCode::kDone : ExitCode::kBreaks);
    return std::optional(chosen.forecast ? exit_code(chosen.forecast->forecast.verdict) : ExitCode::kFailed);
  }

  Result<std::optional<ExitCode>> perform(const SetupPlan& plan) {
    if (!setting_.engine && choice_->tier().llm) return std::unexpected(setting_.engine.error());
    if (auto ok = remember(); !ok) return std::unexpected(ok.error());
    SetupOutcome outcome;
    const auto fetched = fetch_setup(*client_, plan, record_path_, record_);
    if (!fetched) return std::unexpected(fetched.error());
    outcome.fetched = *fetched;
    const auto held = hold_to_account(setting_, accepted_, record_path_, record_);
    if (!held) return std::unexpected(held.error());
    outcome.promise_kept = keeps_promise(record_);
    if (!outcome.promise_kept && !options_.tier) return demote();
    if (auto written = write_down(options_, record_path_, record_, outcome); !written)
      return std::unexpected(written.error());
    if (options_.common.json)
      print_json(document(plan, outcome));
    else
      print_text(outcome_text(outcome, record_, terminal_of(1)));
    const bool good = outcome.promise_kept && choice_->tier().llm;
    return std::optional(good ? ExitCode::kDone : ExitCode::kBreaks);
  }

  // What was accepted, before the first byte: should we be stopped now, we go on with the same.
  Result<void> remember() {
    if (choice_->recalled) return {};
    record_.tier = choice_->tier().name;
    record_.settings = settings_of(options_, *choice_);
    record_.promise.reset();
    record_.measured.reset();
    accepted_ = choice_->chosen().forecast;
    return save_setup_record(record_path_, record_);
  }

  // Measured, the turn takes longer than its budget: said, remembered, and the next one is tried.
  Result<std::optional<ExitCode>> demote() {
    const auto& settings = *record_.settings;
    say(fmt::format(
        "{} breaks its promise: a turn takes {}, allowed are {}. Its files stay where they are ({}). "
        "Looking for the next one",
        record_.tier, seconds_span(*record_.measured), format_seconds(settings.budget),
        printable(settings.files.llm)));
    record_.broken.push_back(record_.tier);
    record_.tier.clear();
    record_.settings.reset();
    record_.promise.reset();
    record_.measured.reset();
    if (auto saved = save_setup_record(record_path_, record_); !saved) return std::unexpected(saved.error());
    return std::optional<ExitCode>();
  }

  Json document(const std::optional<SetupPlan>& plan, const std::optional<SetupOutcome>& outcome) const {
    const ForecastContext context = setting_.context();
    return {{"schema", "tokcast.setup/1"},
            {"use", options_.use},
            {"language", options_.language},
            {"registry", choice_->registry->source},
            {"machine", {{"name", context.machine_name}, {"profile_id", context.machine_profile_id}}},
            {"dry_run", options_.dry_run},
            {"chosen", choice_->tier().name},
            {"hybrid", !choice_->tier().llm.has_value()},
            {"tiers", choice_json(*choice_, context)},
            {"plan", plan ? plan_json(*plan) : Json()},
            {"done", outcome ? outcome_json(*outcome, record_) : Json()}};
  }

  static constexpr std::size_t kMostUnavailable = 5;

  const SetupOptions& options_;
  Setting setting_;
  std::unique_ptr<HttpClient> client_;
  Hub hub_;
  std::string record_path_ = default_record_path();
  SetupRecord record_{};
  std::optional<SetupChoice> choice_{};
  std::optional<TierForecast> accepted_{};
  std::vector<std::string> unavailable_{};  // Tier::name of models that could not be had
};

Result<ExitCode> run(const SetupOptions& options) {
  if (options.common.machine && !options.dry_run) {
    return fail(ErrorKind::kUsage, "a machine elsewhere cannot be set up from here", "--machine",
                "Add --dry-run to see what would be chosen there.");
  }
  // Whoever asks the hub in this process asks the environment first.
  if (options.offline) setenv("HF_HUB_OFFLINE", "1", 1);
  auto setting = read_setting(options.common);
  if (!setting) return std::unexpected(setting.error());
  return Setup(options, std::move(*setting)).run();
}

constexpr const char* kExamples = R"(Examples:
  tokcast setup --dry-run                  what would be chosen here, and why
  tokcast setup --yes                      a spoken exchange: model and speech
  tokcast setup --use chat --yes --env ~/server/.env
  tokcast setup --tier MEDIUM_CPU --language de --yes
  tokcast setup --dry-run --machine "8c avx2 2x ddr5-5600 32GiB gpu RTX 4090"

Takes the best model that keeps the budget of its use, as `tokcast recommend`
does; with --tier or --registry, the highest tier whose promise the forecast of
its model keeps. Tiers: HEAVY_GPU, MEDIUM_GPU, LIGHT_GPU, HEAVY_CPU, MEDIUM_CPU,
LIGHT_CPU and MINIMAL (hybrid: no language model here), or those of --registry.
LIGHT, MEDIUM and HEAVY are the card's if there is one, else the processor's.

Looks at the machine, chooses, rehearses, fetches and verifies, measures the
file against the promise, and writes .env and ~/.config/tokcast/config.toml. Run
again it goes on where it was stopped, repairs what is broken, and changes
nothing else.
Exit code: 0 done; 20 at risk (--dry-run); 21 hybrid, or the promise is broken;
22 does not fit; 2 nothing done, --yes is missing.)";

}  // namespace

Command add_setup(CLI::App& root) {
  const auto options = std::make_shared<SetupOptions>();
  CLI::App* parser = root.add_subcommand("setup", "Choose, fetch, measure and configure a model");
  parser->add_option("--use", options->use, fmt::format("{} (voice)", use_names()))->type_name("NAME");
  parser->add_option("--tier", options->tier, "This one, whatever is forecast")->type_name("NAME");
  parser->add_option("--language", options->language, "Of speech: en, de, es, fr, it (en)")
      ->type_name("CODE");
  parser->add_option("--registry", options->registry, "Tiers from this file")->type_name("FILE");
  parser->add_option("--models-dir", options->models_dir, "A plain folder instead of the shared cache")
      ->type_name("DIR");
  parser->add_option("--env", options->env, "The .env file to edit (./.env)")->type_name("FILE");
  parser->add_flag("--offline", options->offline, "Ask nobody: with what is here");
  parser->add_flag("--dry-run", options->dry_run, "Choose and plan only");
  parser->add_flag("--yes", options->yes, "Do not ask");
  options->common.add_machine_to(*parser);
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] {
            options->use = lower(options->use);
            return run(*options);
          }};
}

}  // namespace tokcast
