// A model fetched whole: planned first, so that everything that can be known to go wrong does so before the
// first byte, then file by file (download.h), then named where others find it. Sets of files and archives of
// files (speech models) go the same way.
#ifndef TOKCAST_FETCH_PULL_H_
#define TOKCAST_FETCH_PULL_H_

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "fetch/download.h"
#include "fetch/hub.h"
#include "fetch/hub_cache.h"
#include "fetch/hub_name.h"

namespace tokcast {

// Where models go: the shared cache, or a plain folder if one is given. Addresses that are not the hub's have
// no place in the cache: `other` is the folder for those.
struct PullPlaces {
  HubCache cache = default_hub_cache();
  std::optional<std::string> folder{};
  std::string other;
  bool unpacks_archives = true;  // those that do not go to the cache, whose layout is not ours
};
PullPlaces default_pull_places();

struct PullFile {
  std::string path;  // in the repository, or the file's name
  std::string hash;  // names it in the cache; empty: it lies in a folder
  DownloadItem item;
  std::string unpacked{};  // the folder that this archive becomes, itself not kept; empty: it is kept
  std::string identity{};  // of the archive's content; empty: not known
  Bytes size{};
  Bytes here{};  // of it, as the journal has it; verified when it is fetched

  Bytes missing() const { return Bytes(size.value - here.value); }
};

struct PullPlan {
  std::string repository{};  // empty: an address
  std::string revision{};
  std::string commit{};
  std::string directory;          // what all of it lies below
  std::vector<PullFile> files{};  // the first one is the one to open
  bool is_set = false;            // all files of a folder, not one model

  Bytes size() const;
  Bytes missing() const;
};

// Asks the hub, or the server, what there is. Errors: those of Hub, choose_files, check_fetchable, look_at;
// kUnsupported (no size is told).
Result<PullPlan> plan_pull(HttpClient& client, const Hub& hub, const RemoteName& name,
                           const PullPlaces& places, Clock& clock = system_clock());

// Room on the disk for what is missing (of archives thrice: packed, and unpacked) and a margin of 256 MiB, so
// that a machine keeps running. nullopt: it cannot be told.
std::optional<Bytes> free_room(const PullPlan& plan);
// Errors: kDiskFull (says how much is missing).
Result<void> check_room(const PullPlan& plan);

struct Pulled {
  std::string path;  // of the first file, as others find it, or of the folder it was unpacked to
  Bytes fetched{};   // 0: all was here
};

// Fetches what is missing and links it. `options.progress` counts over all files. Errors: those of download
// and of unpack; what is complete stays.
Result<Pulled> pull(HttpClient& client, const PullPlan& plan, const PullPlaces& places,
                    const DownloadOptions& options);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_PULL_H_
