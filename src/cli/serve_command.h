// `tokcast serve`, apart from command.h because it brings most of the house with it.
#ifndef TOKCAST_CLI_SERVE_COMMAND_H_
#define TOKCAST_CLI_SERVE_COMMAND_H_

#include "cli/command.h"

namespace tokcast {

Command add_serve(CLI::App& root);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SERVE_COMMAND_H_
