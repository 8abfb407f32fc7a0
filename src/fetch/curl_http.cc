// libcurl, with redirects followed by hand: so that it stands here, and not in a version of libcurl, where
// the token goes (CVE-2025-51471 was another client's) and which way is refused.
#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/text.h"
#include "fetch/curl_lane.h"
#include "fetch/http.h"
#include "fetch/throttle.h"

namespace tokcast {
namespace {

constexpr int kMostRedirects = 10;

struct UrlCloser {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlCloser>;

Url parse_url(const std::string& text) {
  Url url(curl_url());
  if (url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) url.reset();
  return url;
}

std::string part_of(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (!url || curl_url_get(url.get(), part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string out = text;
  curl_free(text);
  return out;
}

// Scheme, host and port: to whom a token may be told.
std::string origin_of(const std::string& text) {
  const Url url = parse_url(text);
  return fmt::format("{}://{}:{}", lower(part_of(url, CURLUPART_SCHEME)), lower(part_of(url, CURLUPART_HOST)),
                     part_of(url, CURLUPART_PORT));
}

// Where `location` leads from `from`. Errors: kNetwork.
Result<std::string> redirected(const std::string& from, const std::string& location) {
  const Url url = parse_url(from);
  const bool joined = url && curl_url_set(url.get(), CURLUPART_URL, location.c_str(), 0) == CURLUE_OK;
  const std::string scheme = joined ? lower(part_of(url, CURLUPART_SCHEME)) : "";
  const bool web = scheme == "https" || scheme == "http";
  if (!web) return fail(ErrorKind::kNetwork, "a redirect leads nowhere", printable(location));
  if (scheme == "http" && lower(from).starts_with("https:")) {
    return fail(ErrorKind::kNetwork,
                "a redirect leads from https to http, where anybody could change the file",
                printable(location), "Use another source.");
  }
  return part_of(url, CURLUPART_URL);
}

// What the hub says of a file before it sends us elsewhere.
bool is_about_the_file(std::string_view name) {
  return name.starts_with("x-linked-") || name == "x-repo-commit" || name == "etag";
}

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(const HttpOptions& options) : options_(options), throttle_(options.bytes_per_second) {}

  Result<HttpHead> get(const HttpRequest& request, HttpSink& sink) override {
    if (offline_) {
      return fail(ErrorKind::kNotFound, "HF_HUB_OFFLINE is set, and this is not here yet",
                  printable(request.url), "Unset HF_HUB_OFFLINE.");
    }
    std::unique_ptr<CurlLane> lane = take_lane();
    auto head = follow(*lane, request, sink);
    give_back(std::move(lane));
    return head;
  }

 private:
  // Notes what the first hop says, before the sink sees the last one's head.
  class LinkingSink final : public HttpSink {
   public:
    explicit LinkingSink(HttpSink& sink) : sink_(sink) {}
    Result<void> on_head(const HttpHead& head) override {
      if (first) note(head);
      HttpHead whole = head;
      whole.linked = linked;
      return sink_.on_head(whole);
    }
    Result<void> on_bytes(std::span<const char> bytes) override { return sink_.on_bytes(bytes); }
    void note(const HttpHead& head) {
      for (const auto& header : head.headers) {
        if (first && is_about_the_file(header.first)) linked.push_back(header);
      }
      first = false;
    }

    bool first = true;
    std::vector<std::pair<std::string, std::string>> linked{};

   private:
    HttpSink& sink_;
  };

  static Result<HttpHead> follow(CurlLane& lane, HttpRequest request, HttpSink& sink) {
    const std::string token = std::exchange(request.token, {});
    const std::string origin = origin_of(request.url);
    LinkingSink linking(sink);
    for (int hop = 0; hop <= kMostRedirects; ++hop) {
      request.token = origin_of(request.url) == origin ? token : "";
      auto head = lane.ask(request, linking);
      if (!head) return head;
      if (!request.follow || !is_redirect(*head)) {
        head->linked = std::move(linking.linked);
        return head;
      }
      linking.note(*head);
      auto next = redirected(request.url, *head->header("location"));
      if (!next) return std::unexpected(next.error());
      request.url = std::move(*next);
    }
    return fail(ErrorKind::kNetwork, fmt::format("more than {} redirects", kMostRedirects), request.url,
                "The server is at fault: try again later.");
  }

  std::unique_ptr<CurlLane> take_lane() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) return std::make_unique<CurlLane>(options_, throttle_);
    auto lane = std::move(idle_.back());
    idle_.pop_back();
    return lane;
  }
  void give_back(std::unique_ptr<CurlLane> lane) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(lane));
  }

  HttpOptions options_;
  Throttle throttle_;
  bool offline_ = is_offline();
  std::mutex mutex_{};
  std::vector<std::unique_ptr<CurlLane>> idle_{};
};

}  // namespace

std::unique_ptr<HttpClient> curl_http_client(const HttpOptions& options) {
  [[maybe_unused]] static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  return std::make_unique<CurlClient>(options);
}

}  // namespace tokcast
