// Files that belong to the user, changed with care: as a whole or not at all, with the mode they had, through
// symbolic links, and never without need.
#ifndef TOKCAST_SETUP_USER_FILE_H_
#define TOKCAST_SETUP_USER_FILE_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tokcast {

// nullopt: there is none. Errors: kIo, kBadInput (a folder or device; more than 1 MiB).
Result<std::optional<std::string>> read_user_file(const std::string& path);

struct UserFileChange {
  bool changed = false;
  std::string backup{};  // what was kept of before; empty: nothing was
};

// Writes `content` if the file does not hold it already. `before`: what was there is kept beside it, under a
// name that tells its content, so that it is kept once. New files get mode 0600: what stands in them may be
// secret. Errors: kIo, kDiskFull, kNotFound.
Result<UserFileChange> change_user_file(const std::string& path, std::string_view content, bool keep_before);

}  // namespace tokcast

#endif  // TOKCAST_SETUP_USER_FILE_H_
