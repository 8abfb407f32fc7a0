// A download in words: the plan before it, the line while it runs. Pure.
#ifndef TOKCAST_CLI_PULL_TEXT_H_
#define TOKCAST_CLI_PULL_TEXT_H_

#include <optional>
#include <string>

#include "base/units.h"
#include "cli/terminal.h"
#include "fetch/line_speed.h"
#include "fetch/pull.h"

namespace tokcast {

// What there is, what of it is here, where it goes, the room there, and how long it takes at `speed`, whose
// source it names. nullopt: it says that nobody knows.
std::string plan_text(const PullPlan& plan, const std::optional<LineSpeed>& speed, const Terminal& terminal);

// "1.2 GB of 4.1 GB, 38 MB/s, 75 s left"; `began_at` were here before the `elapsed` seconds. Without the rate
// until there is one.
std::string progress_text(Bytes here, Bytes size, Bytes began_at, Seconds elapsed);

}  // namespace tokcast

#endif  // TOKCAST_CLI_PULL_TEXT_H_
