// Checks of registries in words, tables and JSON.
#ifndef TOKCAST_CLI_REGISTRY_TEXT_H_
#define TOKCAST_CLI_REGISTRY_TEXT_H_

#include <string>
#include <vector>

#include "base/json.h"
#include "choose/registry_check.h"
#include "cli/terminal.h"
#include "forecast/forecast_json.h"

namespace tokcast {

// A registry's promises on one machine.
struct CheckedMachine {
  ForecastContext context;
  std::vector<TierCheck> tiers{};
};

// "2 of 5 promises of old.json are false on Intel ...": then a line for each, then why no others were made.
std::string registry_check_text(const Registry& registry, const CheckedMachine& checked,
                                const Terminal& terminal);

// The document "tokcast.registry-check/1".
Json registry_check_json(const Registry& registry, const std::vector<CheckedMachine>& machines);

}  // namespace tokcast

#endif  // TOKCAST_CLI_REGISTRY_TEXT_H_
