// One file fetched as promised: resumed, verified, and only then given its name.
//
//   lock -> is it here already? -> look at it -> take the room -> fetch pieces -> hash -> check -> name
//
// Killed at any moment, it goes on where it was, less than 4 MiB lost; what has the final name was verified.
#ifndef TOKCAST_FETCH_DOWNLOAD_H_
#define TOKCAST_FETCH_DOWNLOAD_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/units.h"
#include "fetch/blob.h"
#include "fetch/http.h"
#include "fetch/remote_header.h"
#include "fetch/retry.h"
#include "fetch/sha256.h"
#include "fetch/verified.h"

namespace tokcast {

// Where the parts of a download lie. All but the lock in one file system.
struct BlobPlaces {
  std::string target;
  std::string partial;
  std::string journal;
  std::string lock;
};

struct DownloadItem {
  RemoteFile file{};
  ContentPromise promise{};
  BlobPlaces places{};
  bool is_gguf = false;  // then its header must read, and all weights lie inside
};

struct DownloadOptions {
  unsigned connections = 4;
  VerifiedFiles verified = default_verified_files();
  FileCalls* files = &system_files();
  Clock* clock = &system_clock();
  RetryOptions retry{};
  // Called by the thread that asked: bytes here and in all; whom it waits for. May be empty.
  std::function<void(Bytes here, Bytes size)> progress{};
  std::function<void(const std::string& owner)> waiting{};
};

struct Downloaded {
  std::string path;
  Bytes size{};
  std::string
      hash;         // SHA-256, or the git id where only that was promised; empty: found here, verified before
  Bytes fetched{};  // 0: it was here
};

// What identifies the content: of the promise, else of `address` and its validator.
std::string identity_of(const ContentPromise& promise, const std::string& address,
                        const std::string& validator);

// A file that has this name already is verified, and replaced if it is wrong. Errors: kChecksum (nothing is
// kept), kBadInput (not what it should be: a web page, no GGUF; nothing is kept), kNetwork, kTimeout,
// kNotFound, kUnsupported (the server does not say its size), kDiskFull, kIo, kInterrupted (all: what came is
// kept).
Result<Downloaded> download(HttpClient& client, const DownloadItem& item, const DownloadOptions& options);

// The file at item.places.target, if it is what was promised. Without a promise of its content, and without
// `identity` of what the server has now, it is not believed. Errors: kIo, kInterrupted.
Result<std::optional<Downloaded>> find_here(const DownloadItem& item, const DownloadOptions& options,
                                            const std::string& identity);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_DOWNLOAD_H_
