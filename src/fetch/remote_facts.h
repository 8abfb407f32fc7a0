// What a server says of a file before it is fetched: one request for its first bytes.
#ifndef TOKCAST_FETCH_REMOTE_FACTS_H_
#define TOKCAST_FETCH_REMOTE_FACTS_H_

#include <optional>
#include <string>

#include "base/result.h"
#include "base/units.h"
#include "fetch/http.h"
#include "fetch/remote_header.h"
#include "fetch/retry.h"

namespace tokcast {

struct RemoteFacts {
  HttpRequest direct;                   // where redirects led; without the token if that is elsewhere
  std::string etag;                     // as `direct` gives it, weak ones too; empty: none
  std::string if_range;                 // the same if it is strong
  std::string validator;                // tells this version from others (validator_of); empty: nothing does
  std::optional<Bytes> size{};          // nullopt: it does not say
  std::optional<std::string> sha256{};  // as a hub tells it on the way
  bool sends_ranges = false;
  std::string start;  // the first bytes, up to 64
};

// Errors: kBadInput (a web page came), kNetwork (also: not the size that `file` is known to have), kTimeout,
// kInterrupted, and those of file.refusal.
Result<RemoteFacts> look_at(HttpClient& client, const RemoteFile& file, Retry& retry);

// `first`, but at the address that led to the answer `head`: redirects need not be followed twice, and the
// token has no business elsewhere.
HttpRequest request_at(const HttpRequest& first, const HttpHead& head);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_REMOTE_FACTS_H_
