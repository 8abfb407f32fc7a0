#include "fetch/curl_lane.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/interrupt.h"
#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::size_t kMostHeaderBytes = 256U << 10U;  // of one answer
constexpr std::uint64_t kMostIgnoredBytes =
    64U << 10U;  // of a redirect's body, so that the connection can be kept
constexpr long kBufferBytes = 512L << 10U;
constexpr int kLongestPollMs = 200;  // how late a stall or an interrupt may be noticed

struct ListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListCloser>;

void add_header(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return;
  [[maybe_unused]] curl_slist* same = list.release();
  list.reset(longer);
}

HeaderList headers_of(const HttpRequest& request) {
  HeaderList list;
  add_header(list, "Accept-Encoding: identity");
  if (!request.if_range.empty()) add_header(list, "If-Range: " + request.if_range);
  if (!request.token.empty()) add_header(list, "Authorization: Bearer " + request.token);
  return list;
}

}  // namespace

bool is_redirect(const HttpHead& head) {
  constexpr std::array kStatuses{301, 302, 303, 307, 308};
  return std::ranges::find(kStatuses, head.status) != kStatuses.end() && head.header("location").has_value();
}

// The callbacks of one request. The first error, ours or the sink's, ends it.
class CurlLane::Exchange {
 public:
  Exchange(CurlLane& lane, const HttpRequest& request, HttpSink& sink)
      : lane_(lane), easy_(lane.easy_.get()), request_(request), sink_(sink), headers_(headers_of(request)) {
    head_.url = request.url;
  }

  Result<HttpHead> run() {
    prepare();
    const auto code = perform();
    if (error_) return std::unexpected(*error_);
    if (!code) return std::unexpected(code.error());
    if (*code != CURLE_OK) return std::unexpected(describe_failure(*code));
    if (!tell_head()) return std::unexpected(*error_);
    return std::move(head_);
  }

 private:
  using Steady = std::chrono::steady_clock;

  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_, option, value);
  }
  void prepare();
  Result<CURLcode> perform();
  CURLcode outcome();
  Result<void> check_progress();
  Error describe_failure(CURLcode code) const;

  static std::size_t on_header(char* text, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->take_header({text, size * count}) ? size * count : 0;
  }
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->take_body({bytes, size * count}) ? size * count : 0;
  }
  bool take_header(std::string_view line);
  bool take_body(std::span<const char> bytes);
  // Once, before the first byte of the body or at the end.
  bool tell_head();
  bool keep(const Result<void>& result) {
    if (!result) error_ = result.error();
    return result.has_value();
  }

  CurlLane& lane_;
  CURL* easy_;
  const HttpRequest& request_;
  HttpSink& sink_;
  HeaderList headers_;
  std::string range_{};
  std::array<char, CURL_ERROR_SIZE> reason_{};
  HttpHead head_{};
  std::size_t header_bytes_ = 0;
  bool head_told_ = false;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t window_bytes_ = 0;  // of the body when the window began
  Steady::time_point window_start_ = Steady::now();
  std::optional<Error> error_{};
};

void CurlLane::Exchange::prepare() {
  curl_easy_reset(easy_);
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION,
      static_cast<long>(CURL_HTTP_VERSION_1_1));  // parallel ranges want connections of their own
  set(CURLOPT_NOBODY, request_.head ? 1L : 0L);
  set(CURLOPT_HTTPHEADER, headers_.get());
  set(CURLOPT_USERAGENT, "tokcast");
  if (request_.range) {
    range_ = fmt::format("{}-{}", request_.range->first, request_.range->last);
    set(CURLOPT_RANGE, range_.c_str());
  }
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_BUFFERSIZE, kBufferBytes);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(lane_.options_.connect_limit.value * 1000));
  set(CURLOPT_ERRORBUFFER, reason_.data());
  set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  set(CURLOPT_WRITEDATA, this);
  if (!lane_.options_.certificates.empty()) set(CURLOPT_CAINFO, lane_.options_.certificates.c_str());
}

Result<CURLcode> CurlLane::Exchange::perform() {
  CURLM* multi = lane_.multi_.get();
  curl_multi_add_handle(multi, easy_);
  int running = 1;
  Result<void> go_on;
  while (go_on && curl_multi_perform(multi, &running) == CURLM_OK && running > 0) {
    curl_waitfd interrupt{interrupt_descriptor(), CURL_WAIT_POLLIN, 0};
    curl_multi_poll(multi, &interrupt, interrupt.fd < 0 ? 0 : 1, kLongestPollMs, nullptr);
    go_on = check_interrupt();
    if (go_on) go_on = check_progress();
  }
  const CURLcode code = outcome();
  curl_multi_remove_handle(multi, easy_);
  if (!go_on) return std::unexpected(go_on.error());
  return code;
}

CURLcode CurlLane::Exchange::outcome() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(lane_.multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) return message->data.result;
  }
  return CURLE_ABORTED_BY_CALLBACK;
}

Result<void> CurlLane::Exchange::check_progress() {
  const auto now = Steady::now();
  const Seconds limit = lane_.options_.stall_limit;
  if (body_bytes_ - window_bytes_ >= kLeastProgress.value) {
    window_bytes_ = body_bytes_;
    window_start_ = now;
  }
  if (std::chrono::duration<double>(now - window_start_).count() < limit.value) return {};
  return fail(ErrorKind::kTimeout,
              fmt::format("the server sent next to nothing for {}", format_seconds(limit)), request_.url,
              "Check the connection, or try again later.");
}

Error CurlLane::Exchange::describe_failure(CURLcode code) const {
  const bool late = code == CURLE_OPERATION_TIMEDOUT;
  const std::string_view reason =
      reason_[0] == '\0' ? curl_easy_strerror(code) : std::string_view(reason_.data());
  std::string fix = "Check the connection and the proxy settings (https_proxy, no_proxy).";
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    fix = "If a proxy of your own signs for others, name its certificates in SSL_CERT_FILE.";
  }
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
    return {ErrorKind::kUsage, "this is no address for HTTP", printable(request_.url),
            "Give an http or https address."};
  }
  return {late ? ErrorKind::kTimeout : ErrorKind::kNetwork,
          fmt::format("the transfer failed: {}", printable(reason)), request_.url, std::move(fix)};
}

bool CurlLane::Exchange::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMostHeaderBytes) {
    return keep(fail(ErrorKind::kNetwork, "the answer has too many headers", request_.url));
  }
  if (line.starts_with("HTTP/")) head_.headers.clear();  // 100 Continue came before
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  head_.headers.emplace_back(lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
  return true;
}

bool CurlLane::Exchange::take_body(std::span<const char> bytes) {
  if (!tell_head()) return false;
  body_bytes_ += bytes.size();
  if (request_.follow && is_redirect(head_)) {
    if (body_bytes_ <= kMostIgnoredBytes) return true;
    return keep(fail(ErrorKind::kNetwork, "a redirect came with too much text", request_.url));
  }
  const auto start = Steady::now();
  const bool taken = keep(lane_.throttle_.take(bytes.size())) && keep(sink_.on_bytes(bytes));
  window_start_ += Steady::now() - start;  // that we were slow is not the server's fault
  return taken;
}

bool CurlLane::Exchange::tell_head() {
  if (std::exchange(head_told_, true)) return !error_;
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  head_.status = static_cast<int>(status);
  if (request_.follow && is_redirect(head_)) return true;
  const std::string encoding = lower(head_.header("content-encoding").value_or("identity"));
  if (encoding != "identity" && head_.status / 100 == 2) {
    return keep(fail(ErrorKind::kNetwork,
                     fmt::format("the server sends the file encoded ({})", printable(encoding)), request_.url,
                     "A proxy may be at fault: try without it."));
  }
  return keep(sink_.on_head(head_));
}

CurlLane::CurlLane(const HttpOptions& options, Throttle& throttle)
    : options_(options), throttle_(throttle), multi_(curl_multi_init()), easy_(curl_easy_init()) {}

Result<HttpHead> CurlLane::ask(const HttpRequest& request, HttpSink& sink) {
  if (!multi_ || !easy_) return fail(ErrorKind::kIo, "libcurl could not be started");
  return Exchange(*this, request, sink).run();
}

}  // namespace tokcast
