// How fast the line is: measured on what is fetched anyway, never by a download for its own sake.
//
// Two sources: the header that was just read (one connection, a few MB), and the last download from the same
// server (all connections, the whole file). The latter is kept below cache_directory()/speeds, one file for
// each server:
//
//   tokcast.speed/1
//   HOST
//   BYTES SECONDS UNIX_SECONDS
#ifndef TOKCAST_FETCH_LINE_SPEED_H_
#define TOKCAST_FETCH_LINE_SPEED_H_

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/units.h"
#include "fetch/http.h"
#include "fetch/retry.h"

namespace tokcast {

// Bytes that came, and how long they took.
struct Passage {
  Bytes bytes{};
  Seconds time{};

  // nullopt: too little for a rate.
  std::optional<BytesPerSecond> speed() const;
};

// Measures what another client's answers bring, each from its first bytes to its last. Small answers do not
// count. Any thread.
class MeteredClient final : public HttpClient {
 public:
  explicit MeteredClient(HttpClient& client) : client_(client) {}

  Result<HttpHead> get(const HttpRequest& request, HttpSink& sink) override;
  Passage passed() const;

 private:
  HttpClient& client_;
  mutable std::mutex mutex_{};
  Passage passed_{};
};

// The last download from each server.
class SpeedStore {
 public:
  explicit SpeedStore(std::string directory, Clock& clock = system_clock())
      : directory_(std::move(directory)), clock_(clock) {}

  // nullopt: none, an old one, or nothing that can be read.
  std::optional<BytesPerSecond> find(const std::string& host) const;
  // Does nothing for what is too little, or if it cannot be written.
  void note(const std::string& host, const Passage& download) const;

 private:
  std::string path_of(const std::string& host) const;

  std::string directory_;
  Clock& clock_;
};
SpeedStore default_speed_store();

enum class SpeedFrom {
  kHeader,        // as the header came, just now
  kLastDownload,  // as the last file from this server came
  kLimit,         // what --limit-rate allows: it may be slower
};

struct LineSpeed {
  BytesPerSecond rate{};
  SpeedFrom from = SpeedFrom::kHeader;
};

// The last download says more than a header's few MB, unless those came faster. A limit below either holds.
// nullopt: nobody knows.
std::optional<LineSpeed> expected_speed(std::optional<BytesPerSecond> header,
                                        std::optional<BytesPerSecond> last_download,
                                        std::optional<std::uint64_t> limit);

// Host and port of an address, without whoever logs in there; empty if it has none.
std::string host_of(const std::string& url);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_LINE_SPEED_H_
