// What a shell needs to complete tokcast's commands and options: a script, made from the command tree.
#ifndef TOKCAST_CLI_COMPLETION_H_
#define TOKCAST_CLI_COMPLETION_H_

#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace tokcast {

// For bash 4 or newer: to be sourced, or kept as completions/tokcast.
std::string bash_completion(const std::vector<CommandEntry>& tree);
// For zsh's compsys: to be kept as _tokcast in a folder of $fpath.
std::string zsh_completion(const std::vector<CommandEntry>& tree);
// For fish: to be kept as completions/tokcast.fish.
std::string fish_completion(const std::vector<CommandEntry>& tree);

}  // namespace tokcast

#endif  // TOKCAST_CLI_COMPLETION_H_
