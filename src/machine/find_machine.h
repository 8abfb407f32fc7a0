// --machine on the command line: a profile file, a synthetic line, or the name of a known part with memory.
#ifndef TOKCAST_MACHINE_FIND_MACHINE_H_
#define TOKCAST_MACHINE_FIND_MACHINE_H_

#include <string>

#include "base/result.h"
#include "machine/profile.h"

namespace tokcast {

// A file of `tokcast probe --save`, else what parse_synthetic understands (synthetic.h).
// Errors: kBadInput (a file that is no profile), kUsage (neither a file nor a machine in words).
Result<Profile> find_machine(const std::string& text);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_FIND_MACHINE_H_
