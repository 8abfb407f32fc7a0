// What a file's content is promised to be, and whether it is that.
//
// Large files of the hub are known by their SHA-256, small ones by the SHA-1 that git gives them.
#ifndef TOKCAST_FETCH_SHA256_H_
#define TOKCAST_FETCH_SHA256_H_

#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

// What is known of a file before it is here. Hashes are lower-case hex.
struct ContentPromise {
  std::optional<Bytes> size{};
  std::optional<std::string> sha256{};
  std::optional<std::string> git_id{};  // SHA-1 of git's blob; counts where there is no SHA-256
};

// One hash over bytes in order. One thread at a time.
class ContentHash {
 public:
  // Of what `promise` names, which for git's hash needs the size; else SHA-256.
  explicit ContentHash(const ContentPromise& promise = {});

  void add(std::span<const char> bytes);
  // Of the same bytes so far.
  ContentHash copy() const;
  // In hex; ends it. Empty if OpenSSL failed, which no promise equals.
  std::string finish();

 private:
  struct ContextCloser {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  using Context = std::unique_ptr<EVP_MD_CTX, ContextCloser>;
  ContentHash(Context context, bool sound) : context_(std::move(context)), sound_(sound) {}

  Context context_;
  bool sound_;
};

// The hash that `promise` asks for is `hash`, or it asks for none. Errors: kChecksum.
Result<void> check_content(const ContentPromise& promise, const std::string& hash, const std::string& name);

// The hash of a whole file that is here. Errors: kNotFound, kIo, kInterrupted.
Result<std::string> hash_file(const std::string& path, const ContentPromise& promise);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_SHA256_H_
