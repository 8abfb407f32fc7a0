// Small text files, read whole and replaced atomically.
#ifndef TOKCAST_ENGINE_SMALL_FILE_H_
#define TOKCAST_ENGINE_SMALL_FILE_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

// The whole file; nullopt if it does not exist, cannot be read or is larger than `limit`.
std::optional<std::string> read_small_file(const std::string& path, Bytes limit);

// Creates the folders above `path`; readers see the old content or the new one. Errors: kIo, kDiskFull.
Result<void> write_small_file(const std::string& path, std::string_view content);

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_SMALL_FILE_H_
