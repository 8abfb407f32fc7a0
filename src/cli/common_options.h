// Options that several commands share, declared once.
#ifndef TOKCAST_CLI_COMMON_OPTIONS_H_
#define TOKCAST_CLI_COMMON_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

namespace tokcast {

struct CommonOptions {
  std::optional<std::string> engine{};
  std::optional<std::string> machine{};  // in words or as a file (machine/find_machine.h); nullopt: this one
  bool json = false;

  // Must live at this address until parsing is done.
  void add_engine_to(CLI::App& parser);
  void add_machine_to(CLI::App& parser);
  void add_json_to(CLI::App& parser);
};

}  // namespace tokcast

#endif  // TOKCAST_CLI_COMMON_OPTIONS_H_
