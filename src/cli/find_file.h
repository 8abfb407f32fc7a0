// The file behind MODEL, where it is here: what can be run and not only forecast.
#ifndef TOKCAST_CLI_FIND_FILE_H_
#define TOKCAST_CLI_FIND_FILE_H_

#include <string>

#include "base/result.h"

namespace tokcast {

// A path as it is (the first part of a split model); a name of the hub, from the cache, without asking
// anyone; a catalogue id, from whichever cache has it. Errors: kNotFound (not here: how to get it); those of
// use_user_catalogue.
Result<std::string> find_file(const std::string& name);

}  // namespace tokcast

#endif  // TOKCAST_CLI_FIND_FILE_H_
