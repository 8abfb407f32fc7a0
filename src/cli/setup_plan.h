// What `tokcast setup` has to fetch, known before the first byte.
#ifndef TOKCAST_CLI_SETUP_PLAN_H_
#define TOKCAST_CLI_SETUP_PLAN_H_

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "choose/registry.h"
#include "cli/setup_options.h"
#include "fetch/hub.h"
#include "fetch/pull.h"
#include "setup/server_settings.h"

namespace tokcast {

// One file or archive of a model, as the registry names it and as its server has it.
struct SetupFile {
  RegistryFile file;
  PullPlan plan{};
  PullPlaces places{};
  std::string here{};  // its path, where it was found without asking its server
};

struct SetupArtefact {
  std::string part;  // "llm", "stt", "tts"
  std::string name;
  std::vector<SetupFile> files{};  // the first is the one to open
};

struct SetupPlan {
  std::vector<SetupArtefact> artefacts{};
  std::vector<std::string> notes{};  // what differs from the registry

  Bytes missing() const;
  // All files as one plan, for the room that they need.
  PullPlan together() const;
};

// What cannot be had.
struct PlanProblem {
  std::string part;  // "llm" ...; empty: none in particular
  Error error;
};

// Asks each server what it has. Errors: those of plan_pull, saying which part; kChecksum (the hub has other
// content than the registry wants); kNotFound also of a file that was here and is gone, and with --offline.
std::expected<SetupPlan, PlanProblem> plan_setup(HttpClient& client, const Hub& hub,
                                                 const SetupOptions& options, const Registry& registry,
                                                 const Tier& tier);

// Sets the path of a part as `.env` names it.
void set_path(SetUpFiles& files, std::string_view part, const std::string& path);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SETUP_PLAN_H_
