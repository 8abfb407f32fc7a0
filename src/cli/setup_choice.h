// The first half of `tokcast setup`: which model or tier, and why not the others.
#ifndef TOKCAST_CLI_SETUP_CHOICE_H_
#define TOKCAST_CLI_SETUP_CHOICE_H_

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "choose/registry.h"
#include "choose/tier.h"
#include "cli/setting.h"
#include "cli/setup_options.h"
#include "setup/setup_record.h"

namespace tokcast {

struct SetupChoice {
  std::shared_ptr<const Registry> registry;  // `tiers` points into it
  TierMachine machine{};
  TierChoice tiers{};
  std::vector<std::string> notes{};
  bool recalled = false;   // chosen before, not now: nothing was forecast
  bool of_models = false;  // each tier is a model of its own (choose/model_tier.h): none was asked for

  // Needs tiers.chosen.
  const TierCandidate& chosen() const { return tiers.candidates[*tiers.chosen]; }
  const Tier& tier() const { return *chosen().tier; }
};

// Of tiers if one, or a registry, is named; else of the catalogue's models (setup_models.h). On this machine,
// models whose verdict is open are rehearsed; elsewhere, and without an engine, the best that is known
// decides. `excluded` ones (Tier::name) broke their promise here before, or cannot be had. Errors: kUsage (no
// such use, tier or language), those of read_registry and choose_model; kDoesNotFit (no tier is possible, not
// even one without a model); kInterrupted.
Result<SetupChoice> choose_setup(const SetupOptions& options, Setting& setting,
                                 const std::vector<std::string>& excluded = {});

// What was chosen before, without forecasts. `record` has its settings. Errors: those of read_registry;
// kNotFound (it is not to be had any more).
Result<SetupChoice> recall_setup(const SetupOptions& options, const Setting& setting,
                                 const SetupRecord& record);

// The same for the same question: whatever the answer rests on but the machine's load. Errors: those of
// read_registry.
Result<std::string> question_key(const SetupOptions& options, const Setting& setting);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SETUP_CHOICE_H_
