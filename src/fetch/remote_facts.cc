#include "fetch/remote_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fetch/answer_headers.h"
#include "fetch/hub_name.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kStartBytes = 64;

class StartSink final : public HttpSink {
 public:
  Result<void> on_head(const HttpHead& answer) override {
    head = answer;
    return {};
  }
  Result<void> on_bytes(std::span<const char> bytes) override {
    const std::size_t room = kStartBytes - start.size();
    start.append(bytes.data(), std::min(bytes.size(), room));
    if (start.size() < kStartBytes) return {};
    stopped = true;
    return fail(ErrorKind::kInterrupted, "enough was read");
  }

  HttpHead head{};
  std::string start{};
  bool stopped = false;  // ended by us: the error of the call is none
};

bool is_success(const HttpHead& head) {
  return head.status == 200 || head.status == 206;
}

// Of an empty file no range can be had.
bool is_empty(const HttpHead& head) {
  return head.status == 416 && parse_unsatisfied_range(head.header("content-range").value_or("")) == Bytes(0);
}

Result<std::optional<Bytes>> size_of(const HttpHead& head, const RemoteFile& file) {
  std::optional<Bytes> size = is_empty(head) ? std::optional(Bytes(0)) : head.length();
  if (head.status == 206) {
    const auto range = check_range(head, {0, kStartBytes - 1}, std::nullopt);
    if (!range) return std::unexpected(range.error());
    size = range->total;
  }
  if (!size) return file.size;
  if (!file.size || *size == *file.size) return size;
  return fail(ErrorKind::kNetwork,
              fmt::format("the file has {} bytes, but {} were listed", size->value, file.size->value),
              file.name, "Try again: it may just have been replaced.");
}

Result<RemoteFacts> facts_from(const StartSink& sink, const RemoteFile& file) {
  const HttpHead& head = sink.head;
  if (is_web_page(head)) {
    return fail(ErrorKind::kBadInput, "a web page came instead of the file", head.url,
                "The address may be that of a page about the file, or ask for a login.");
  }
  const auto size = size_of(head, file);
  if (!size) return std::unexpected(size.error());
  RemoteFacts facts{.direct = request_at(file.request, head), .start = sink.start};
  facts.etag = head.header("etag").value_or("");
  facts.if_range = strong_etag(head).value_or("");
  facts.validator = validator_of(head);
  facts.size = *size;
  facts.sends_ranges = head.status != 200;
  const std::string linked = bare_etag(head.linked_header("x-linked-etag").value_or(""));
  if (is_sha256(linked)) facts.sha256 = linked;
  return facts;
}

}  // namespace

HttpRequest request_at(const HttpRequest& first, const HttpHead& head) {
  HttpRequest out = first;
  if (head.url == first.url) return out;
  out.url = head.url;
  out.token.clear();
  return out;
}

Result<RemoteFacts> look_at(HttpClient& client, const RemoteFile& file, Retry& retry) {
  HttpRequest request = file.request;
  request.range = ByteRange{0, kStartBytes - 1};
  for (;;) {
    StartSink sink;
    const auto got = client.get(request, sink);
    const bool answered = got || sink.stopped;
    if (answered && (is_success(sink.head) || is_empty(sink.head))) return facts_from(sink, file);
    if (answered && !is_passing(sink.head.status)) return std::unexpected(file.refusal(sink.head));
    const auto waited = answered ? retry.wait_after(sink.head) : retry.wait_after(got.error());
    if (!waited) return std::unexpected(waited.error());
  }
}

}  // namespace tokcast
