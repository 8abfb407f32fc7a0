#include "cli/setup_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "choose/recommend.h"
#include "choose/use.h"
#include "cli/progress.h"
#include "cli/setup_models.h"
#include "cli/terminal.h"
#include "cli/tier_forecasts.h"
#include "model/catalogue_rows.h"

namespace tokcast {
namespace {

// Forecasts of tiers, made certain by a rehearsal where that may change the answer.
class RehearsingForecasts {
 public:
  RehearsingForecasts(const Setting& setting, Progress& progress)
      : setting_(setting), progress_(progress), forecasts_(setting) {}

  Result<TierForecast> forecast(const Tier& tier) {
    auto first = forecasts_.forecast(tier);
    if (!first || !is_open(tier, first->forecast)) return first;
    progress_.begin("Rehearsing " + printable(first->shape.id));
    const RehearsalOptions how{.threads = setting_.threads({}), .allowance = kAllowance};
    const auto rehearsal =
        rehearsal_of(first->shape, *setting_.engine, setting_.machine, setting_.store, how, false);
    if (!rehearsal && rehearsal.error().kind == ErrorKind::kInterrupted)
      return std::unexpected(rehearsal.error());
    if (!rehearsal) {
      first->forecast.reasons.push_back("it could not be rehearsed: " + describe(rehearsal.error()));
      return first;
    }
    return forecasts_.forecast(tier);
  }

 private:
  static constexpr Seconds kAllowance{10};

  bool is_open(const Tier& tier, const Forecast& now) const {
    if (setting_.elsewhere || tier.on_gpu() || !setting_.engine) return false;
    if (now.verdict == Verdict::kDoesNotFit || now.verdict == Verdict::kBreaks) return false;
    return !now.turn || now.turn->evidence < Evidence::kRehearsed;
  }

  const Setting& setting_;
  Progress& progress_;
  TierForecasts forecasts_;
};

// A spoken turn is the tier's own; the turns of other uses are their own, with their own budgets.
void apply_use(Registry& registry, const Use& use, const SetupOptions& options) {
  if (options.wants_speech()) return;
  for (Tier& tier : registry.tiers) tier.turn = use.workload;
}

Result<void> check_language(const Registry& registry, const SetupOptions& options) {
  if (!options.wants_speech()) return {};
  Result<SpeechPair> any = fail(ErrorKind::kUsage, "there are no tiers");
  for (const Tier& tier : registry.tiers) {
    any = speech_for(registry, tier, options.language);
    if (any) return {};
  }
  return std::unexpected(any.error());
}

Result<Registry> read_wanted(const SetupOptions& options) {
  auto registry = options.registry ? read_registry(*options.registry) : Result<Registry>(built_in_registry());
  if (!registry) return registry;
  const auto use = find_use(options.use);
  if (!use) return std::unexpected(use.error());
  if (auto known = check_language(*registry, options); !known) return std::unexpected(known.error());
  apply_use(*registry, *use, options);
  return registry;
}

Result<SetupChoice> choose_tier(const SetupOptions& options, Registry registry, const Setting& setting,
                                const std::vector<std::string>& excluded) {
  SetupChoice out{.registry = std::make_shared<const Registry>(std::move(registry)),
                  .machine = tier_machine_of(setting)};
  TierWishes wishes{.excluded = excluded, .language = options.language};
  if (options.tier) {
    const auto wanted = find_tier(*out.registry, *options.tier, out.machine.has_gpu);
    if (!wanted) return std::unexpected(wanted.error());
    wishes.only = wanted->tier;
    if (!wanted->note.empty()) out.notes.push_back(wanted->note);
  }
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  RehearsingForecasts forecasts(setting, progress);
  auto tiers = select_tier(
      *out.registry, out.machine, [&forecasts](const Tier& tier) { return forecasts.forecast(tier); },
      wishes);
  if (!tiers) return std::unexpected(tiers.error());
  if (!tiers->chosen) {
    return fail(ErrorKind::kDoesNotFit, "no tier of the registry is possible on this machine",
                printable(out.registry->source),
                tiers->candidates.empty() || tiers->candidates.back().reasons.empty()
                    ? "Use another registry."
                    : fmt::format("The least one {}.", tiers->candidates.back().reasons.front()));
  }
  out.tiers = std::move(*tiers);
  return out;
}

Result<SetupChoice> recall_tier(Registry registry, const Setting& setting, const std::string& tier) {
  SetupChoice out{.registry = std::make_shared<const Registry>(std::move(registry)),
                  .machine = tier_machine_of(setting)};
  const auto found = std::ranges::find(out.registry->tiers, tier, &Tier::name);
  if (found == out.registry->tiers.end()) return fail(ErrorKind::kNotFound, "there is no such tier", tier);
  out.tiers.candidates.push_back({.tier = &*found,
                                  .standing = found->llm ? TierStanding::kChosen : TierStanding::kHybrid,
                                  .reasons = {"it was chosen before"}});
  out.tiers.chosen = 0;
  out.recalled = true;
  return out;
}

}  // namespace

Result<SetupChoice> choose_setup(const SetupOptions& options, Setting& setting,
                                 const std::vector<std::string>& excluded) {
  auto registry = read_wanted(options);
  if (!registry) return std::unexpected(registry.error());
  return options.wants_tiers() ? choose_tier(options, std::move(*registry), setting, excluded)
                               : choose_model(options, *registry, setting, excluded);
}

Result<SetupChoice> recall_setup(const SetupOptions& options, const Setting& setting,
                                 const SetupRecord& record) {
  auto registry = read_wanted(options);
  if (!registry) return std::unexpected(registry.error());
  const std::string& model = record.settings->model;
  // Hybrid is a tier, whoever chose it.
  if (options.wants_tiers() || model.empty()) return recall_tier(std::move(*registry), setting, record.tier);
  return recall_model(options, *registry, setting, model);
}

Result<std::string> question_key(const SetupOptions& options, const Setting& setting) {
  const auto registry = read_wanted(options);
  if (!registry) return std::unexpected(registry.error());
  // Another version of this program has another catalogue.
  const std::string models =
      options.wants_tiers() ? "" : TOKCAST_VERSION "|" + read_file(user_catalogue_path()).value_or("none");
  return stable_hash(fmt::format("{}|{}|{}|{}|{}|{}|{}|{}", options.use, options.tier.value_or(""),
                                 options.language, options.models_dir.value_or(""), models,
                                 registry_to_json(*registry).dump(), setting.machine.identity(),
                                 setting.engine ? setting.engine->identity : ""));
}

}  // namespace tokcast
