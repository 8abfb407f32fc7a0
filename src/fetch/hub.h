// The Hugging Face hub, or a server that speaks its API: what a repository holds, and where.
//
// Everything it answers is a stranger's: sizes are capped, names checked. One thread at a time.
#ifndef TOKCAST_FETCH_HUB_H_
#define TOKCAST_FETCH_HUB_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"
#include "fetch/http.h"
#include "fetch/hub_name.h"
#include "fetch/remote_header.h"
#include "fetch/retry.h"

namespace tokcast {

struct HubFile {
  std::string path;  // in the repository; is_file_path() holds
  Bytes size{};
  std::optional<std::string> sha256{};  // of LFS files; nullopt: a small file, known to git alone
  std::string git_id{};                 // SHA-1 of git's blob: what caches name a file without sha256 by
};

struct HubListing {
  std::string repository;
  std::string revision;  // as asked for
  std::vector<HubFile> files;
};

// Whom to ask, and as whom.
struct HubAccess {
  std::string endpoint = "https://huggingface.co";  // without a '/' at its end
  std::string token{};                              // empty: none
  bool offline = false;                             // ask nobody
};

// MODEL_ENDPOINT or HF_ENDPOINT; HF_TOKEN, else the file $HF_TOKEN_PATH, else $HF_HOME/token, else
// ~/.cache/huggingface/token; HF_HUB_OFFLINE. A token that could not stand in a header is none.
HubAccess hub_access_from_environment();

class Hub {
 public:
  // The client and the clock must outlive it.
  Hub(HttpClient& client, HubAccess access, Clock& clock = system_clock())
      : client_(client), access_(std::move(access)), clock_(clock) {}

  // The commit that a branch or tag is at now; of a commit, itself, without a request.
  // Errors: kNotFound (no such repository or revision, or not for us), kUnsupported (gated), kBadInput (not
  // an answer of a hub), those of HttpClient::get.
  Result<std::string> commit_of(const std::string& repository, const std::string& revision);
  // All files at a revision. Errors as above.
  Result<HubListing> list(const std::string& repository, const std::string& revision);

  std::string file_url(const std::string& repository, const std::string& revision,
                       const std::string& path) const;
  // With the token, if `url` is the hub's.
  HttpRequest request(std::string url) const;
  // To be fetched: with the token, and the hub's words for a refusal. This hub must outlive it.
  RemoteFile file(const std::string& repository, const std::string& revision, const std::string& path,
                  std::optional<Bytes> size) const;
  // An answer without success, in the words of the hub.
  Error refusal(const HttpHead& head, const std::string& repository) const;
  const HubAccess& access() const { return access_; }

 private:
  Result<Json> get_json(const std::string& url, const std::string& repository, std::string* next);

  HttpClient& client_;
  HubAccess access_;
  Clock& clock_;
};

// One page of the tree API. Directories and files with impossible names are left out.
// Errors: kBadInput (it has another form).
Result<std::vector<HubFile>> files_of_tree(const Json& page);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_HUB_H_
