// The page that `tokcast probe` prints: a machine at a glance, and what holds it back.
#ifndef TOKCAST_CLI_PROBE_TEXT_H_
#define TOKCAST_CLI_PROBE_TEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "machine/doctor.h"
#include "machine/profile.h"

namespace tokcast {

// Who computes here: the engine's name and what it said of itself; nullopt: none was found.
struct ProbedEngine {
  std::string name;  // "llama.cpp 0.7.0 (build …)"
  EngineView view{};
};

// Pure.
std::string probe_page(const Profile& profile, const std::optional<ProbedEngine>& engine,
                       const std::vector<Finding>& findings, const Terminal& terminal);

}  // namespace tokcast

#endif  // TOKCAST_CLI_PROBE_TEXT_H_
