// Shows a file in the user's own program for it.
#ifndef TOKCAST_CLI_OPEN_FILE_H_
#define TOKCAST_CLI_OPEN_FILE_H_

#include <string>

#include "base/result.h"

namespace tokcast {

// Starts xdg-open and does not wait for it: it may last as long as the browser. Errors: kNotFound (there is
// none), kIo.
Result<void> open_file(const std::string& path);

}  // namespace tokcast

#endif  // TOKCAST_CLI_OPEN_FILE_H_
