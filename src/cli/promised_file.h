// The file that a promise was made for: noted when it is made, looked at when it is asked what came of it.
#ifndef TOKCAST_CLI_PROMISED_FILE_H_
#define TOKCAST_CLI_PROMISED_FILE_H_

#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/promise.h"

namespace tokcast {

// Path, size, time and SHA-256 of the file at `path`, which is read whole; of a model in several files
// nothing is noted. Says on standard error that it takes a while. Errors: those of hash_file.
Result<void> note_file(Promise& promise, const std::string& path);

enum class FileState {
  kUnknown,  // nothing was noted, or it cannot be read
  kSame,
  kChanged,  // its content is another one
  kGone,
};
// "unknown", "same", "changed", "gone".
std::string_view file_state_name(FileState state);

// One with its old size and time is the same; one with its old size and another time is read whole.
FileState state_of_file(const Promise& promise);

}  // namespace tokcast

#endif  // TOKCAST_CLI_PROMISED_FILE_H_
