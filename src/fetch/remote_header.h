// A file behind an address as a source of bytes for the GGUF reader, in few requests.
//
// GGUF's strings stand one after the other, each behind its own length, so that a tokenizer table cannot be
// jumped over without having read it; arrays of numbers can. So the source reads ahead, more each time: 1 MiB
// holds the whole header of a model with 32 thousand tokens, three or four requests that of one with 128 or
// 256 thousand.
#ifndef TOKCAST_FETCH_REMOTE_HEADER_H_
#define TOKCAST_FETCH_REMOTE_HEADER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/units.h"
#include "fetch/http.h"
#include "fetch/retry.h"
#include "model/gguf_reader.h"

namespace tokcast {

struct RemoteFile {
  HttpRequest request;          // its address and token
  std::string name;             // for errors
  std::optional<Bytes> size{};  // what the file is known to have; another size is an error
  // What an answer without success means.
  std::function<Error(const HttpHead&)> refusal = status_error;
};

class RemoteSource : public ByteSource {
 public:
  // Tells this version of the file from others (see validator_of); empty: the server gives none.
  virtual const std::string& validator() const = 0;
};

// Reads the first piece at once. `client` and `clock` must outlive the source.
// Errors, also of read(): kBadInput (the file ends before; a web page came), kNetwork (also: the file changed
// meanwhile), kTimeout, kInterrupted, and those of `refusal`.
Result<std::unique_ptr<RemoteSource>> open_remote_source(HttpClient& client, RemoteFile file,
                                                         Clock& clock = system_clock());

// X-Linked-Etag, else ETag, else Last-Modified with the length; empty without any of these.
std::string validator_of(const HttpHead& head);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_REMOTE_HEADER_H_
