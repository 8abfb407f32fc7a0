// Small files as text. Large ones go through the byte sources of model/gguf_reader.h.
#ifndef TOKCAST_BASE_FILE_H_
#define TOKCAST_BASE_FILE_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

// The whole of a regular or /proc or /sys file, at most `limit`. Errors: kNotFound, kIo, kBadInput if larger.
Result<std::string> read_file(const std::string& path, Bytes limit = Bytes(64 * kMebi.value));

// The same with surrounding white space removed; nullopt for any reason: for facts that may be unknown.
std::optional<std::string> read_line(const std::string& path);

// Replaces `path` as a whole (temporary file beside it, fsync, rename), making its directories first: readers
// see the old or the new content, never a part. Errors: kIo, kDiskFull.
Result<void> write_file(const std::string& path, std::string_view content);

// $XDG_CACHE_HOME, $XDG_CONFIG_HOME, $XDG_DATA_HOME and $XDG_STATE_HOME with their defaults below $HOME, each
// plus "/tokcast".
std::string cache_directory();
std::string config_directory();
std::string data_directory();
std::string state_directory();

// 64-bit FNV-1a as 16 hex digits: stable across builds and machines. For cache keys, not for security.
std::string stable_hash(std::string_view text);

}  // namespace tokcast

#endif  // TOKCAST_BASE_FILE_H_
