// What the probe reads on a machine, packed into one document, so that a bug report is a test.
//
// "tokcast.gather/1":
//   provenance    where it comes from, in words
//   files         path -> text
//   binary_files  path -> base64
//   links         path -> target, relative to the link's own directory
//   directories   paths of directories with nothing else below them
//   truncated     paths of files that were cut after a whole line, or left out for want of room
//
// Only paths of a fixed list are read. No serial numbers, UUIDs, host names, addresses, user names or mount
// sources are kept: gather_scrub.h says how. Text is ASCII; other bytes become '?'.
#ifndef TOKCAST_MACHINE_GATHER_H_
#define TOKCAST_MACHINE_GATHER_H_

#include <cstddef>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"

namespace tokcast {

// Of an archive, when written and when read.
struct GatherLimits {
  Bytes file{64 * kKibi.value};
  Bytes all{8 * kMebi.value};    // paths and contents together
  std::size_t entries = 20'000;  // files, links and directories
};

// Reads below `root` ("" for this machine). Errors: kNotFound if there is no such directory. What cannot be
// read is left out.
Result<Json> gather(const std::string& root, std::string provenance);

// Lays the archive out below `directory`, which must be empty or absent; nothing is written or linked outside
// of it, whatever the archive says. Errors: kBadInput naming the entry, kUsage (directory not empty), kIo,
// kDiskFull; what was laid out until then remains.
Result<void> unpack(const Json& archive, const std::string& directory);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_GATHER_H_
