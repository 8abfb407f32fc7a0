// HTTP servers for tests, in this process, on loopback: one that serves files in ranges as it should, or
// misbehaves on demand, and one that imitates the hub (its API on one port, its files on another).
//
// Each connection is a thread of the server. All methods may be called while it serves.
#ifndef TOKCAST_FETCH_TEST_SERVER_TEST_UTIL_H_
#define TOKCAST_FETCH_TEST_SERVER_TEST_UTIL_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/units.h"

namespace tokcast {

using TestHeaders = std::vector<std::pair<std::string, std::string>>;

// A file that is served: its bytes come from a function, so that it may be larger than any memory.
struct TestFile {
  std::uint64_t size = 0;
  std::function<void(std::uint64_t offset, std::span<char> out)> fill{};
  std::string etag = "\"v1\"";  // as sent; empty: none
  TestHeaders headers{};        // sent as well

  static TestFile of(std::string content);
  // `head`, then pseudo-random bytes that depend on their offset alone, up to `size`.
  static TestFile sparse(std::string head, std::uint64_t size);

  std::string bytes(std::uint64_t offset, std::uint64_t length) const;
};

// How one answer goes wrong. Offsets count from the start of the answer's body, unless they say otherwise.
struct Fault {
  std::optional<int> status{};                    // this instead of the file
  TestHeaders headers{};                          // added; replace those of the same name
  std::optional<std::string> body{};              // this instead of the file's bytes
  bool ignore_range = false;                      // 200 and the whole file
  std::int64_t shift_range = 0;                   // Content-Range and body begin so much later (or earlier)
  std::int64_t shift_range_text = 0;              // only the Content-Range says so
  std::int64_t shift_total = 0;                   // of the total in Content-Range
  std::optional<std::string> etag{};              // instead of the file's
  bool no_length = false;                         // no Content-Length: the body ends with the connection
  bool chunked = false;                           // no Content-Length: in chunks
  std::int64_t shift_length = 0;                  // Content-Length says so much more (or less)
  std::optional<std::uint64_t> reset_at{};        // RST
  std::optional<std::uint64_t> close_at{};        // FIN
  std::optional<std::uint64_t> stall_at{};        // nothing more, until the peer or the server goes
  std::optional<Seconds> drip{};                  // one byte, then so much waiting, and so on
  std::optional<BytesPerSecond> pace{};           // of each connection, as a slow line's
  std::optional<std::uint64_t> flip_file_byte{};  // an offset in the file: its lowest bit is wrong
  Seconds delay{0};                               // before the answer
};

struct SeenRequest {
  std::string method;
  std::string target;                          // path and query
  std::map<std::string, std::string> headers;  // names in lower case

  std::string header(std::string_view name) const;  // empty: not sent
};

struct TestServerOptions {
  bool tls = false;  // with a certificate of its own making: TestServer::certificate_file()
};

class TestServer {
 public:
  explicit TestServer(const TestServerOptions& options = {});
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const;
  // "http://127.0.0.1:PORT" + path (which begins with '/').
  std::string url(std::string_view path = {}) const;
  const std::string& certificate_file() const;  // PEM; empty without TLS

  // What stands at a path (the query of a request does not count). The last call holds.
  void serve(const std::string& path, TestFile file);
  void redirect(const std::string& path, const std::string& to, int status = 302, TestHeaders headers = {});
  void answer(const std::string& path, int status, std::string body, TestHeaders headers = {});

  // The next `times` answers at `path` go wrong so; several calls queue up.
  void misbehave(const std::string& path, Fault fault, unsigned times = std::numeric_limits<unsigned>::max());
  void behave(const std::string& path);  // forgets them

  std::vector<SeenRequest> requests() const;
  std::vector<SeenRequest> requests_for(std::string_view path) const;
  std::uint64_t body_bytes() const;  // sent so far, of all bodies
  void forget_requests();            // and the bytes

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The hub's tree API and its resolve addresses, which lead to a second server ("the CDN") as the real one's
// do.
class TestHub {
 public:
  TestHub();

  std::string endpoint() const { return hub_.url(); }
  TestServer& hub() { return hub_; }
  TestServer& cdn() { return cdn_; }

  // Adds a file to "user/repo" at revision "main", as LFS (with a SHA-256) or as a small plain one. `sha256`
  // in hex; empty: computed here.
  void add(const std::string& repository, const std::string& path, TestFile file, std::string sha256 = {});
  void add_plain(const std::string& repository, const std::string& path, const std::string& content);
  // The file's path on cdn().
  static std::string cdn_path(const std::string& repository, const std::string& path);
  static std::string resolve_path(const std::string& repository, const std::string& path,
                                  const std::string& revision = kCommit);
  static std::string tree_path(const std::string& repository, const std::string& revision = kCommit);
  static std::string revision_path(const std::string& repository, const std::string& revision = "main");

  // 401 or 403 as the hub words them.
  void gate(const std::string& repository);

  std::uint64_t request_count() const;  // of both servers
  std::uint64_t body_bytes() const;

  static constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";

 private:
  struct Entry {
    std::string path;
    std::uint64_t size = 0;
    std::string sha256;  // empty: no LFS file
  };
  void put(const std::string& repository, const Entry& entry);
  void publish(const std::string& repository);

  TestServer hub_;
  TestServer cdn_;
  std::map<std::string, std::vector<Entry>> repositories_{};
};

// In hex.
std::string sha256_of(const TestFile& file);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_TEST_SERVER_TEST_UTIL_H_
