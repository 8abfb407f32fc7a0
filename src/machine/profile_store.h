// The profile of this machine, kept between runs: probing takes seconds, asking takes none.
#ifndef TOKCAST_MACHINE_PROFILE_STORE_H_
#define TOKCAST_MACHINE_PROFILE_STORE_H_

#include <optional>
#include <string>

#include "base/result.h"
#include "machine/profile.h"

namespace tokcast {

// cache_directory()/machine.json
std::string default_profile_path();

// The profile kept at `path` if it is of `now`: same hardware, same limits, same kernel
// (Machine::identity). nullopt: none, another machine's, or unreadable.
std::optional<Profile> find_profile(const std::string& path, const Machine& now);

// Errors: those of write_file.
Result<void> save_profile(const std::string& path, const Profile& profile);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_PROFILE_STORE_H_
