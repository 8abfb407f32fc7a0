// The bytes of one file, from the server into a blob: connections fetch pieces side by side, and one thread
// follows from the beginning, reads back what was written and hashes it.
//
// What is read back and not what came is hashed: so a piece that the disk changed is found as well, and the
// hash of a download that goes on needs no pass of its own over what is there already.
#ifndef TOKCAST_FETCH_TRANSFER_H_
#define TOKCAST_FETCH_TRANSFER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "base/units.h"
#include "fetch/blob.h"
#include "fetch/http.h"
#include "fetch/journal.h"
#include "fetch/piece_board.h"
#include "fetch/remote_facts.h"
#include "fetch/retry.h"
#include "fetch/sha256.h"

namespace tokcast {

// All must outlive the transfer.
struct TransferPlan {
  HttpClient& client;
  const RemoteFile& file;
  const RemoteFacts& facts;
  const ContentPromise& promise;
  Blob& blob;
  Journal& journal;
  Clock& clock;
  RetryOptions retry{};
  unsigned connections = 4;  // at most
  bool in_ranges = true;     // else as one stream from the beginning
};

struct TransferResult {
  BoardEnd end = BoardEnd::kNone;
  Error error{};              // of kFailed
  std::string hash{};         // of kComplete: what ContentHash says of the blob
  std::uint64_t fetched = 0;  // bytes that came from the server and were written
};

// Blocks until all is there, or it failed. `tick` is called by this thread about five times a second with
// the bytes of the pieces that are there.
TransferResult transfer(const TransferPlan& plan, const std::function<void(Bytes here)>& tick);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_TRANSFER_H_
