// HTTP for reading: whole answers and ranges, over one seam that tests replace or point at loopback.
//
// A client may be used by several threads at once; each call is its own connection slot. Redirects are
// followed (at most 10, never from https to http); the token goes to the scheme, host and port that were
// asked and to no other. All requests ask for identity encoding, and an answer that is encoded all the same
// is refused: ranges and checksums of it would mean something else. Nothing is retried here: retry.h decides
// that.
#ifndef TOKCAST_FETCH_HTTP_H_
#define TOKCAST_FETCH_HTTP_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive, as HTTP counts
};

struct HttpRequest {
  std::string url;
  bool head = false;
  bool follow = true;  // redirects; else a redirect is the answer
  std::optional<ByteRange> range{};
  std::string if_range{};  // a strong ETag; empty: none
  std::string token{};     // bearer token for the origin of `url` alone; empty: none
};

// The head of the final answer (and what earlier hops said of the file, which the hub tells only there).
struct HttpHead {
  int status = 0;
  std::string url;                                           // where the last redirect led
  std::vector<std::pair<std::string, std::string>> headers;  // of the last hop, names in lower case
  std::vector<std::pair<std::string, std::string>>
      linked;  // x-linked-*, x-repo-commit, etag of the first hop

  // By name in lower case: of the last hop; in `linked`. nullopt if it was not sent.
  std::optional<std::string> header(std::string_view name) const;
  std::optional<std::string> linked_header(std::string_view name) const;
  // Content-Length; nullopt if it is missing or no number.
  std::optional<Bytes> length() const;
};

// Receives one answer. Returning an error breaks the transfer off and becomes the error of the call.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  virtual Result<void> on_head(const HttpHead& head) = 0;
  virtual Result<void> on_bytes(std::span<const char> bytes) = 0;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Blocks until the answer is complete. Any status is a success here (4xx and 5xx too, their bodies go to
  // the sink as well); a body shorter than its Content-Length is kNetwork. A body without a length may end
  // with its connection, cut off or not: who has to know compares it with a size or a checksum. Errors:
  // kNetwork (cannot resolve, connect, TLS, broken off), kTimeout (connect or stall limit passed),
  // kInterrupted, and whatever the sink returned.
  virtual Result<HttpHead> get(const HttpRequest& request, HttpSink& sink) = 0;
};

struct HttpOptions {
  Seconds connect_limit{15};
  Seconds stall_limit{30};                          // fewer than kLeastProgress bytes in so long: kTimeout
  std::optional<std::uint64_t> bytes_per_second{};  // --limit-rate, shared by all calls of the client
  std::string certificates{};  // PEM file of trusted authorities instead of the system's; empty: the system's
};

// A line that brings less in stall_limit is as good as dead: 4 GB would take years.
constexpr Bytes kLeastProgress{1024};

// With the certificates that SSL_CERT_FILE or CURL_CA_BUNDLE name.
HttpOptions http_options_from_environment();

// HF_HUB_OFFLINE is 1, ON, YES or TRUE.
bool is_offline();

// libcurl. Proxies from the usual environment variables (http_proxy, https_proxy, all_proxy, no_proxy). If
// HF_HUB_OFFLINE is set when it is made, every call is refused before any connection: kNotFound.
// The process must ignore SIGPIPE, as install_interrupt_handlers makes it do.
std::unique_ptr<HttpClient> curl_http_client(const HttpOptions& options = {});

}  // namespace tokcast

#endif  // TOKCAST_FETCH_HTTP_H_
