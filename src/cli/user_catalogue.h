// The user's own catalogue joins ours, once for a process.
#ifndef TOKCAST_CLI_USER_CATALOGUE_H_
#define TOKCAST_CLI_USER_CATALOGUE_H_

#include "base/result.h"

namespace tokcast {

// For every command that names models, before it does. Errors: those of read_user_catalogue.
Result<void> use_user_catalogue();

}  // namespace tokcast

#endif  // TOKCAST_CLI_USER_CATALOGUE_H_
