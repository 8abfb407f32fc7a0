// What `tokcast setup` was asked for.
#ifndef TOKCAST_CLI_SETUP_OPTIONS_H_
#define TOKCAST_CLI_SETUP_OPTIONS_H_

#include <optional>
#include <string>

#include "cli/common_options.h"

namespace tokcast {

struct SetupOptions {
  std::string use{"voice"};
  std::optional<std::string> tier{};
  std::string language{"en"};
  std::optional<std::string> registry{};    // a file; nullopt: the built-in one, if a tier is named
  std::optional<std::string> models_dir{};  // nullopt: the cache that llama.cpp shares
  std::string env{".env"};
  bool offline = false;
  bool dry_run = false;
  bool yes = false;
  CommonOptions common{};

  // Only a spoken exchange needs models that recognise and speak.
  bool wants_speech() const { return use == "voice"; }
  // Else the best model of the catalogue is chosen, as `tokcast recommend` would.
  bool wants_tiers() const { return tier || registry; }
};

}  // namespace tokcast

#endif  // TOKCAST_CLI_SETUP_OPTIONS_H_
