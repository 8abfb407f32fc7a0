// Headers that were read from afar, kept without their tokenizer tables: a second look costs one request, or
// none.
//
// One file for each name: a line of JSON, then a GGUF header that has the tensors of all parts.
#ifndef TOKCAST_FETCH_HEADER_STORE_H_
#define TOKCAST_FETCH_HEADER_STORE_H_

#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "model/gguf.h"

namespace tokcast {

struct StoredHeader {
  std::string url;        // of the (first) file
  std::string validator;  // tells its version; empty: it has none
  std::string model;      // what the model is called
  GgufHeader header{};
};

class HeaderStore {
 public:
  explicit HeaderStore(std::string directory) : directory_(std::move(directory)) {}

  // nullopt: not there, or not to be read.
  std::optional<StoredHeader> find(const std::string& name) const;
  // Errors: kIo, kDiskFull, kBadInput (it cannot be written as GGUF).
  Result<void> save(const std::string& name, const StoredHeader& stored) const;

 private:
  std::string path_of(const std::string& name) const;

  std::string directory_;
};

// Below cache_directory().
HeaderStore default_header_store();

}  // namespace tokcast

#endif  // TOKCAST_FETCH_HEADER_STORE_H_
