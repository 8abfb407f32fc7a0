#include "cli/setup_models.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "choose/choice.h"
#include "choose/model_tier.h"
#include "cli/contender_options.h"
#include "cli/find_model.h"
#include "cli/recommend_here.h"
#include "cli/tier_forecasts.h"

namespace tokcast {
namespace {

ContenderFlags flags_of(const SetupOptions& options) {
  ContenderFlags out{.here_only = options.offline};
  // Hardly a model says that it knows English: not worth a remark on each.
  if (options.language != SetupOptions{}.language) out.languages.push_back(options.language);
  // What was fetched to a plain folder before is here too.
  if (options.models_dir && std::filesystem::is_directory(*options.models_dir + "/llm"))
    out.folders.push_back(*options.models_dir + "/llm");
  return out;
}

// Models that nobody could fetch, and those that failed here, are no candidates.
void leave_out(Contenders& contenders, const std::vector<std::string>& excluded) {
  std::erase_if(contenders.shapes, [&](const Shape& shape) {
    const bool failed = std::ranges::count(excluded, tier_name_of(shape)) > 0;
    return failed || !source_of(shape, contenders.merit_of(shape).path);
  });
}

// With --offline, what is not here cannot be had.
Error without_candidates(const SetupOptions& options, Error error) {
  if (error.kind != ErrorKind::kNotFound || !options.offline) return error;
  return {ErrorKind::kNotFound, "no model is here, and nobody may be asked", "--offline",
          "Run it once without --offline, or give a folder with --models-dir."};
}

// The picks as tiers of one model each.
class Picks {
 public:
  Picks(const Registry& built_in, TierMachine machine) : registry_(built_in) {
    registry_.source = "catalogue";
    registry_.tiers.clear();
    out_.machine = std::move(machine);
    out_.of_models = true;
  }

  void add(const Candidate& one, std::vector<std::string> reasons, TierStanding standing,
           const Registry& built_in) {
    Tier tier = tier_of(one.shape, *source_of(one.shape, one.merit.path), one.forecast.workload);
    tier.speech = speech_beside(built_in, out_.machine, one.shape.weight_bytes());
    add(std::move(tier), {.standing = standing,
                          .forecast = TierForecast{one.shape, one.forecast},
                          .reasons = std::move(reasons)});
  }

  void add(Tier tier, TierCandidate candidate) {
    registry_.tiers.push_back(std::move(tier));
    out_.tiers.candidates.push_back(std::move(candidate));
  }

  // Speech here, the language model somewhere else.
  void add_hybrid(const Registry& built_in) {
    const auto found =
        std::ranges::find_if(built_in.tiers, [](const Tier& tier) { return !tier.llm.has_value(); });
    if (found == built_in.tiers.end()) return;
    auto reasons = unmet(found->requirements, out_.machine);
    const auto standing = reasons.empty() ? TierStanding::kHybrid : TierStanding::kUnmet;
    if (reasons.empty()) reasons.push_back(found->recommendation);
    add(*found, {.standing = standing, .reasons = std::move(reasons)});
  }

  // The best model, else hybrid.
  SetupChoice take() {
    for (const TierStanding wanted : {TierStanding::kChosen, TierStanding::kHybrid}) {
      const auto found = std::ranges::find(out_.tiers.candidates, wanted, &TierCandidate::standing);
      if (found == out_.tiers.candidates.end()) continue;
      out_.tiers.chosen = static_cast<std::size_t>(found - out_.tiers.candidates.begin());
      break;
    }
    out_.registry = std::make_shared<const Registry>(std::move(registry_));
    for (std::size_t i = 0; i < out_.tiers.candidates.size(); ++i)
      out_.tiers.candidates[i].tier = &out_.registry->tiers[i];
    return std::move(out_);
  }

 private:
  Registry registry_;
  SetupChoice out_{};
};

std::vector<std::string> reasons_out_of_reach(const Choice& choice) {
  std::vector<std::string> out = choice.out_of_reach->reasons;
  std::vector<std::string> remedies;
  for (const Remedy& remedy : choice.remedies) remedies.push_back(remedy.sentence);
  if (!remedies.empty())
    out.insert(out.begin(), fmt::format("it would take {}", fmt::join(remedies, ", or ")));
  return out;
}

SetupChoice picks_of(const Recommendation& answer, const Choice& choice, const Registry& built_in,
                     TierMachine machine) {
  Picks out(built_in, std::move(machine));
  const auto candidate = [&answer](const Pick& pick) -> const Candidate& {
    return answer.ranked[pick.index];
  };
  if (const auto& pick = choice.out_of_reach) {
    const Candidate& one = candidate(*pick);
    out.add(one, reasons_out_of_reach(choice), standing_of(one.forecast.verdict), built_in);
  }
  if (const auto& pick = choice.best)
    out.add(candidate(*pick), pick->reasons, TierStanding::kChosen, built_in);
  if (const auto& pick = choice.faster)
    out.add(candidate(*pick), pick->reasons, TierStanding::kKeeps, built_in);
  out.add_hybrid(built_in);
  return out.take();
}

}  // namespace

Result<SetupChoice> choose_model(const SetupOptions& options, const Registry& built_in, Setting& setting,
                                 const std::vector<std::string>& excluded) {
  const RecommendWish wish{.workload = {.use_name = options.use}};
  const ContenderFlags flags = flags_of(options);
  const auto named = wish.workload.use();
  if (!named) return std::unexpected(named.error());
  const Use use = flags.completed(*named);
  auto considered = flags.consider(use, setting, setting.threads({}), setting.runs_on_gpu(wish.workload));
  if (!considered) return std::unexpected(without_candidates(options, considered.error()));
  leave_out(considered->contenders, excluded);
  Recommendation answer;
  if (!considered->contenders.shapes.empty()) {
    auto ranked = recommend_here(wish, considered->contenders, use.workload, setting);
    if (!ranked) return std::unexpected(ranked.error());
    answer = std::move(*ranked);
  }
  const Choice choice = choose(answer.ranked, ask_here(wish, use, answer, setting));
  SetupChoice out = picks_of(answer, choice, built_in, tier_machine_of(setting));
  out.notes = std::move(considered->remarks);
  if (out.tiers.chosen) return out;
  return fail(ErrorKind::kDoesNotFit,
              "no model keeps its budget on this machine, and it cannot speak either");
}

Result<SetupChoice> recall_model(const SetupOptions& options, const Registry& built_in,
                                 const Setting& setting, const std::string& model) {
  const auto shape = find_model(model);
  if (!shape) return std::unexpected(shape.error());
  const auto use = find_use(options.use);
  if (!use) return std::unexpected(use.error());
  const auto source = source_of(*shape, model.starts_with('/') ? std::optional(model) : std::nullopt);
  if (!source) return fail(ErrorKind::kNotFound, "nobody says where its file is", model);
  Picks out(built_in, tier_machine_of(setting));
  Tier tier = tier_of(*shape, *source, use->workload);
  tier.speech = speech_beside(built_in, tier_machine_of(setting), shape->weight_bytes());
  out.add(std::move(tier), {.standing = TierStanding::kChosen, .reasons = {"it was chosen before"}});
  SetupChoice choice = out.take();
  choice.recalled = true;
  return choice;
}

}  // namespace tokcast
