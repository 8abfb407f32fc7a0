#include "fetch/remote_header.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fetch/answer_headers.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kFirstRead = 1U << 20U;
constexpr std::uint64_t kLeastRead = 4U << 20U;  // once the header turned out to be a long one
constexpr std::uint64_t kMostRead = 8U << 20U;   // bounds what is held in memory

std::unexpected<Error> changed(const HttpHead& head) {
  return fail(ErrorKind::kNetwork, "the file changed while it was being read", head.url, "Try again.");
}

// Takes one range out of an answer, be it exactly that range or the whole file.
class RangeSink final : public HttpSink {
 public:
  RangeSink(ByteRange asked, std::optional<Bytes> total) : asked_(asked), total_(total) {}

  Result<void> on_head(const HttpHead& head) override {
    head_ = head;
    if (is_success() && is_web_page(head)) {
      return fail(ErrorKind::kBadInput, "a web page came instead of the file", head.url,
                  "The address may be that of a page about the file, or ask for a login.");
    }
    if (head.status == 206) return take_range();
    if (head.status == 200) return take_whole();
    return {};
  }

  Result<void> on_bytes(std::span<const char> bytes) override {
    if (!is_success()) return stop();  // the text of a refusal
    const std::uint64_t skipped = std::min<std::uint64_t>(to_skip_, bytes.size());
    to_skip_ -= skipped;
    bytes = bytes.subspan(skipped);
    const std::uint64_t wanted = asked_.last - asked_.first + 1;
    bytes = bytes.first(std::min<std::uint64_t>(bytes.size(), wanted - bytes_.size()));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return bytes_.size() == wanted && head_.status == 200 ? stop() : Result<void>();
  }

  // Ended by us: the error of the call is none.
  bool stopped() const { return stopped_; }
  bool is_success() const { return head_.status == 206 || head_.status == 200; }
  const HttpHead& head() const { return head_; }
  std::vector<char>& bytes() { return bytes_; }
  std::optional<Bytes> total() const { return total_; }

 private:
  Result<void> take_range() {
    const auto range = check_range(head_, asked_, total_);
    if (!range) return std::unexpected(range.error());
    if (range->total) total_ = range->total;
    return {};
  }
  Result<void> take_whole() {
    const auto length = head_.length();
    if (total_ && length && *total_ != *length) return changed(head_);
    if (length) total_ = length;
    to_skip_ = asked_.first;
    return {};
  }
  Result<void> stop() {
    stopped_ = true;
    return fail(ErrorKind::kInterrupted, "enough was read");
  }

  ByteRange asked_;
  std::optional<Bytes> total_;
  HttpHead head_{};
  std::vector<char> bytes_{};
  std::uint64_t to_skip_ = 0;
  bool stopped_ = false;
};

class HttpSource final : public RemoteSource {
 public:
  HttpSource(HttpClient& client, RemoteFile file, Clock& clock)
      : client_(client), clock_(clock), file_(std::move(file)), next_(file_.request), total_(file_.size) {}

  Result<void> open() {
    if (auto fetched = fetch_more(); !fetched) return fetched;
    if (!file_.size || !total_ || *file_.size == *total_) return {};
    return fail(ErrorKind::kNetwork,
                fmt::format("the file has {} bytes, but {} were listed", total_->value, file_.size->value),
                file_.name, "Try again: it may just have been replaced.");
  }

  Result<void> read(std::uint64_t offset, std::span<std::byte> out) override {
    while (offset < start_ || offset + out.size() > end()) {
      if (total_ && (offset > total_->value || out.size() > total_->value - offset)) {
        return fail(ErrorKind::kBadInput,
                    fmt::format("it ends before the {} bytes that should be here", out.size()),
                    fmt::format("{}: byte {}", file_.name, offset));
      }
      drop_before(offset);
      if (auto fetched = fetch_more(); !fetched) return fetched;
    }
    std::memcpy(out.data(), buffer_.data() + (offset - start_), out.size());
    return {};
  }

  std::optional<Bytes> size() const override { return total_; }
  const std::string& name() const override { return file_.name; }
  const std::string& validator() const override { return validator_; }

 private:
  std::uint64_t end() const { return start_ + buffer_.size(); }

  // The next piece shall begin where the buffer ends, or, if `offset` lies elsewhere, there.
  void drop_before(std::uint64_t offset) {
    const bool inside = offset >= start_ && offset <= end();
    if (inside) {
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(offset - start_));
    } else {
      buffer_.clear();
    }
    start_ = offset;
  }

  // As much again as was read so far, within bounds.
  ByteRange next_range() const {
    const std::uint64_t length = fetched_ == 0 ? kFirstRead : std::clamp(fetched_, kLeastRead, kMostRead);
    const std::uint64_t last = end() + length - 1;
    return {end(), fetched_ > 0 && total_ ? std::min(last, total_->value - 1) : last};
  }

  Result<void> fetch_more() {
    Retry retry(kImpatient, clock_);
    for (;;) {
      next_.range = next_range();
      RangeSink sink(*next_.range, fetched_ > 0 ? total_ : std::nullopt);
      const auto got = client_.get(next_, sink);
      const bool answered = got.has_value() || sink.stopped();
      if (answered && sink.is_success()) return take(sink);
      if (answered && is_first_range_of_nothing(sink.head())) return {};
      if (answered && !is_passing(sink.head().status)) {
        if (!ask_at_first_address()) return std::unexpected(file_.refusal(sink.head()));
        continue;
      }
      const auto waited = answered ? retry.wait_after(sink.head()) : retry.wait_after(got.error());
      if (!waited) return waited;
    }
  }

  Result<void> take(RangeSink& sink) {
    const std::string validator = validator_of(sink.head());
    const std::string etag = sink.head().header("etag").value_or("");
    if (fetched_ == 0) {
      validator_ = validator;
      etag_ = etag;
    } else if (etag != etag_) {
      return changed(sink.head());
    }
    if (sink.total()) total_ = sink.total();
    if (sink.bytes().empty() || sink.bytes().size() < next_.range->last - next_.range->first + 1) {
      total_ = Bytes(end() + sink.bytes().size());  // it ends here
    }
    fetched_ += sink.bytes().size();
    buffer_.insert(buffer_.end(), sink.bytes().begin(), sink.bytes().end());
    remember_address(sink.head());
    return {};
  }

  // A redirect is not asked for twice; where it led, the token has no business.
  void remember_address(const HttpHead& head) {
    if (head.url == next_.url) return;
    next_.url = head.url;
    next_.token.clear();
  }

  // Signed addresses expire. False: this was the first one.
  bool ask_at_first_address() {
    const bool elsewhere = next_.url != file_.request.url;
    next_ = file_.request;
    return elsewhere;
  }

  // Of an empty file no range can be had.
  bool is_first_range_of_nothing(const HttpHead& head) {
    const auto text = head.status == 416 && fetched_ == 0 ? head.header("content-range") : std::nullopt;
    const bool nothing = text && parse_unsatisfied_range(*text) == Bytes(0);
    if (nothing) total_ = Bytes(0);
    return nothing;
  }

  HttpClient& client_;
  Clock& clock_;
  RemoteFile file_;
  HttpRequest next_;
  std::optional<Bytes> total_;
  std::string validator_{};
  std::string etag_{};
  std::uint64_t fetched_ = 0;
  std::uint64_t start_ = 0;  // of the buffer, in the file
  std::vector<char> buffer_{};
};

}  // namespace

Result<std::unique_ptr<RemoteSource>> open_remote_source(HttpClient& client, RemoteFile file, Clock& clock) {
  auto source = std::make_unique<HttpSource>(client, std::move(file), clock);
  if (auto opened = source->open(); !opened) return std::unexpected(opened.error());
  return source;
}

std::string validator_of(const HttpHead& head) {
  if (const auto linked = head.linked_header("x-linked-etag")) return *linked;
  if (const auto etag = head.header("etag")) return *etag;
  const auto changed_at = head.header("last-modified");
  const auto range = parse_content_range(head.header("content-range").value_or(""));
  const auto size = range ? range->total : head.length();
  return changed_at && size ? fmt::format("{} {}", *changed_at, size->value) : "";
}

}  // namespace tokcast
