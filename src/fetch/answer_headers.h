// What the headers of an answer say about ranges, identity, waiting and the next page. Each is a stranger's
// text: nullopt for anything that is not exactly well-formed.
#ifndef TOKCAST_FETCH_ANSWER_HEADERS_H_
#define TOKCAST_FETCH_ANSWER_HEADERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "fetch/http.h"

namespace tokcast {

// "bytes 0-99/1000", "bytes 0-99/*"; of status 416 "bytes */1000" (parse_unsatisfied_range).
struct ContentRange {
  ByteRange range{};
  std::optional<Bytes> total{};
};
std::optional<ContentRange> parse_content_range(std::string_view text);
std::optional<Bytes> parse_unsatisfied_range(std::string_view text);

// The range that a 206 really brings: it begins where was asked, and ends where was asked or with the file.
// `total`, if known, must agree. Errors: kNetwork (the server answers something else than was asked).
Result<ContentRange> check_range(const HttpHead& head, ByteRange asked, std::optional<Bytes> total);

// An ETag fit for If-Range: with its quotes, not weak.
std::optional<std::string> strong_etag(const HttpHead& head);
// Without quotes and W/: what the Hugging Face cache names its blobs by.
std::string bare_etag(std::string_view etag);

// Retry-After (seconds or an HTTP date) or, without it, RateLimit ("...;r=0;t=55") or RateLimit-Reset: how
// long to wait from `unix_now` on.
std::optional<Seconds> wait_told(const HttpHead& head, std::int64_t unix_now);

// The address of rel="next" in a Link header.
std::optional<std::string> next_link(std::string_view text);

// An answer that is a page for people (a login, a proxy's notice): by its Content-Type.
bool is_web_page(const HttpHead& head);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_ANSWER_HEADERS_H_
