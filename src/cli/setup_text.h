// What `tokcast setup` says: the choice with its reasons, the plan, what was done. And the same as JSON.
#ifndef TOKCAST_CLI_SETUP_TEXT_H_
#define TOKCAST_CLI_SETUP_TEXT_H_

#include <optional>
#include <string>

#include "base/json.h"
#include "cli/setting.h"
#include "cli/setup_choice.h"
#include "cli/setup_options.h"
#include "cli/setup_perform.h"
#include "cli/setup_plan.h"
#include "cli/terminal.h"

namespace tokcast {

// The machine in one line: what requirements were held against.
std::string machine_line(const SetupChoice& choice, const Setting& setting);

// The machine, a row for each tier, and the headline of the one chosen.
std::string choice_text(const SetupChoice& choice, const Setting& setting, const Terminal& terminal);

// What is fetched, how much, and where to.
std::string plan_text(const SetupPlan& plan, const Terminal& terminal);

// What was done, and what to type next.
std::string outcome_text(const SetupOutcome& outcome, const SetupRecord& record, const Terminal& terminal);

Json outcome_json(const SetupOutcome& outcome, const SetupRecord& record);
Json choice_json(const SetupChoice& choice, const ForecastContext& context);
Json plan_json(const SetupPlan& plan);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SETUP_TEXT_H_
