#include "fetch/text_answer.h"

#include <utility>

#include "base/text.h"

namespace tokcast {
namespace {

class TextSink final : public HttpSink {
 public:
  TextSink(Bytes limit, std::string url) : limit_(limit), url_(std::move(url)) {}

  Result<void> on_head(const HttpHead& /*head*/) override {
    body.clear();
    return {};
  }
  Result<void> on_bytes(std::span<const char> bytes) override {
    if (bytes.size() > limit_.value - body.size()) {
      return fail(ErrorKind::kBadInput, "the answer is larger than " + format_bytes(limit_), url_);
    }
    body.append(bytes.data(), bytes.size());
    return {};
  }

  std::string body{};

 private:
  Bytes limit_;
  std::string url_;
};

}  // namespace

Result<TextAnswer> get_text(HttpClient& client, const HttpRequest& request, Bytes limit, Retry& retry) {
  for (;;) {
    TextSink sink(limit, request.url);
    auto head = client.get(request, sink);
    if (head && !is_passing(head->status)) return TextAnswer{std::move(*head), std::move(sink.body)};
    const auto waited = head ? retry.wait_after(*head) : retry.wait_after(head.error());
    if (!waited) return std::unexpected(waited.error());
  }
}

}  // namespace tokcast
