// Models that are elsewhere: the shape behind a name of the hub or an address, without their weights.
#ifndef TOKCAST_FETCH_REMOTE_MODEL_H_
#define TOKCAST_FETCH_REMOTE_MODEL_H_

#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "fetch/header_store.h"
#include "fetch/http.h"
#include "fetch/hub.h"
#include "fetch/hub_name.h"
#include "fetch/retry.h"
#include "model/shape.h"

namespace tokcast {

class RemoteModels {
 public:
  // The client and the clock must outlive it.
  RemoteModels(HttpClient& client, const HubAccess& access, HeaderStore store, Clock& clock = system_clock())
      : client_(client), clock_(clock), hub_(client, access, clock), store_(std::move(store)) {}

  // Asks once whether what is stored still holds, not even that for a commit, and nobody when offline.
  // Errors: those of parse_remote_name, Hub, choose_files, open_remote_source, read_gguf_file and
  // shape_from_header.
  Result<Shape> find_shape(const std::string& name);

 private:
  std::optional<StoredHeader> find_stored(const std::string& name, const RemoteName& parsed);
  bool still_holds(const StoredHeader& stored, const RemoteName& parsed);
  Result<StoredHeader> look(const HubName& name);
  Result<StoredHeader> look(const PlainUrl& address);

  HttpClient& client_;
  Clock& clock_;
  Hub hub_;
  HeaderStore store_;
};

}  // namespace tokcast

#endif  // TOKCAST_FETCH_REMOTE_MODEL_H_
