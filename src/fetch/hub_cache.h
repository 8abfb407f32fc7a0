// The cache that `hf` and llama.cpp share, so that a model is on the disk once whoever fetched it:
//
//   ROOT/models--user--repo/blobs/HASH               the content
//                           snapshots/COMMIT/PATH    relative links to it
//                           refs/REVISION            the commit that a branch is at
//   ROOT/.locks/models--user--repo/HASH.lock         taken by huggingface_hub as well
//
// The layout is huggingface_hub's (its guide "Understand caching"), which llama.cpp follows since 0.7.
#ifndef TOKCAST_FETCH_HUB_CACHE_H_
#define TOKCAST_FETCH_HUB_CACHE_H_

#include <string>
#include <utility>

#include "base/result.h"
#include "fetch/blob.h"
#include "fetch/download.h"
#include "fetch/hub.h"

namespace tokcast {

class HubCache {
 public:
  explicit HubCache(std::string root) : root_(std::move(root)) {}

  const std::string& root() const { return root_; }
  // `hash` is a file's SHA-256, or its git id where it has none. What is half fetched lies beside the blob.
  BlobPlaces places(const std::string& repository, const std::string& hash) const;
  std::string snapshot_path(const std::string& repository, const std::string& commit,
                            const std::string& path) const;
  // Makes the snapshot's link to a blob that is there. Errors: kIo, kDiskFull.
  Result<void> link(const std::string& repository, const std::string& commit, const std::string& path,
                    const std::string& hash, FileCalls& files) const;
  // What of a revision is here, whoever fetched it: for when the hub is not to be asked. Files are promised
  // to be what their blobs are named after. Errors: kNotFound.
  Result<HubListing> list(const std::string& repository, const std::string& revision) const;
  // The commit that a revision was at when somebody last asked. Errors: kNotFound.
  Result<std::string> commit_of(const std::string& repository, const std::string& revision) const;
  // Notes where a branch is; of a commit nothing. Errors: kIo, kDiskFull.
  Result<void> note_revision(const std::string& repository, const std::string& revision,
                             const std::string& commit) const;

 private:
  std::string folder(const std::string& repository) const;

  std::string root_;
};

// LLAMA_CACHE, HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub,
// ~/.cache/huggingface/hub: the first that is set, in llama.cpp's order.
HubCache default_hub_cache();

}  // namespace tokcast

#endif  // TOKCAST_FETCH_HUB_CACHE_H_
