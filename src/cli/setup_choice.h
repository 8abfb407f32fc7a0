// The first half of `tokcast setup`: which tier, and why not the others.
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

namespace tokcast {

struct SetupChoice {
  std::shared_ptr<const Registry> registry;  // `tiers` points into it
  TierMachine machine{};
  TierChoice tiers{};
  std::vector<std::string> notes{};
  bool recalled = false;  // chosen before, not now: nothing was forecast

  // Needs tiers.chosen.
  const TierCandidate& chosen() const { return tiers.candidates[*tiers.chosen]; }
  const Tier& tier() const { return *chosen().tier; }
};

// On this machine, models whose verdict is open are rehearsed, from the highest tier down; elsewhere, and
// without an engine, the best that is known decides. `excluded` tiers (names) broke their promise here
// before. Errors: kUsage (no such use, tier or language), those of read_registry; kDoesNotFit (no tier is
// possible, not even one without a model); kInterrupted.
Result<SetupChoice> choose_setup(const SetupOptions& options, const Setting& setting,
                                 const std::vector<std::string>& excluded = {});

// The tier of this name as it was chosen before, without forecasts. Errors: those of read_registry;
// kNotFound.
Result<SetupChoice> recall_setup(const SetupOptions& options, const Setting& setting,
                                 const std::string& tier);

// The same for the same question: whatever the answer rests on but the machine's load. Errors: those of
// read_registry.
Result<std::string> question_key(const SetupOptions& options, const Setting& setting);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SETUP_CHOICE_H_
