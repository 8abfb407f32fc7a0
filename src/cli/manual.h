// Manual pages, made from the command tree: what --help says, in man(7).
#ifndef TOKCAST_CLI_MANUAL_H_
#define TOKCAST_CLI_MANUAL_H_

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_tree.h"

namespace tokcast {

// "tokcast-promises-show" for "tokcast promises show".
std::string manual_name(const std::string& path);

// The page of one entry of `tree`, section 1; ASCII where the entry is. `version` is the program's.
std::string manual_page(const CommandEntry& entry, const std::vector<CommandEntry>& tree,
                        std::string_view version);

}  // namespace tokcast

#endif  // TOKCAST_CLI_MANUAL_H_
