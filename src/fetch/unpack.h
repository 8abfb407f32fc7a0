// An archive turned into a folder: complete and under its name, or not there at all.
//
// The folder holds a list of what was unpacked (".tokcast.unpacked": the archive's identity, then a size and
// a path for each file), so that the archive need not be kept and a file that is missing or was cut off is
// noticed. A folder without such a list is somebody's own and never touched.
#ifndef TOKCAST_FETCH_UNPACK_H_
#define TOKCAST_FETCH_UNPACK_H_

#include <string>

#include "base/result.h"
#include "base/units.h"
#include "fetch/archive_reader.h"
#include "fetch/blob.h"

namespace tokcast {

struct UnpackPlan {
  std::string archive;
  std::string directory;  // what it becomes; if all entries lie in one folder, that folder
  std::string identity;   // of the archive's content (JournalKey::source); one line
  Bytes spare{};          // to be left free on the disk
  ArchiveLimits limits{};
};

// Replaces what an earlier archive left at `directory`. Errors: kBadInput (the archive, or a folder of that
// name which is not ours), kDiskFull, kIo, kInterrupted; nothing is left of what was begun, and what was at
// `directory` is as before.
Result<void> unpack(const UnpackPlan& plan, FileCalls& files = system_files());

// `directory` is what an archive of this identity was unpacked to, and all its files have their sizes. An
// empty identity is nobody's.
bool is_unpacked(const std::string& directory, const std::string& identity);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_UNPACK_H_
