// One process at a time fetches a file; the others wait and then find it there.
//
// Two locks in one. `flock` on PATH, which huggingface_hub takes as well, ends with its process, whatever
// ends that. But on some network file systems it always succeeds; so there is also an owner file beside it,
// PATH.owner, that only one can create: "PID START BOOT HOST". An owner on this host that is gone (its
// process number free or given to another) is stale; one elsewhere, when it has not been touched for two
// minutes.
#ifndef TOKCAST_FETCH_BLOB_LOCK_H_
#define TOKCAST_FETCH_BLOB_LOCK_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

struct LockOwner {
  pid_t process = 0;
  std::string started;  // in the system's ticks since the boot
  std::string boot;     // this boot of the host
  std::string host;

  bool operator==(const LockOwner&) const = default;
};

// As it stands in an owner file. nullopt: it is none.
std::optional<LockOwner> parse_owner(std::string_view text);
std::string format_owner(const LockOwner& owner);
LockOwner this_owner();
// False if it is certain that it is gone; `untouched` is for how long its file has not been.
bool may_be_alive(const LockOwner& owner, Seconds untouched);

class BlobLock {
 public:
  // Waits for as long as another holds it; `waiting` is told whom for, once. Errors: kIo, kDiskFull,
  // kInterrupted.
  static Result<std::unique_ptr<BlobLock>> acquire(const std::string& path,
                                                   const std::function<void(const std::string&)>& waiting);
  ~BlobLock();
  BlobLock(const BlobLock&) = delete;
  BlobLock& operator=(const BlobLock&) = delete;

  // Says to other hosts that we live: at least once a minute.
  void touch() const;

 private:
  BlobLock(std::string path, int fd);
  // False: another holds it.
  Result<bool> try_lock();
  Result<bool> try_own();
  bool displace_stale_owner();

  std::string path_;
  std::string owner_path_;
  int fd_;
  bool owned_ = false;
};

}  // namespace tokcast

#endif  // TOKCAST_FETCH_BLOB_LOCK_H_
