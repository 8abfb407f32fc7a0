#include "fetch/answer_headers.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/text.h"

namespace tokcast {
namespace {

// What follows `prefix` in `text`.
std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  if (!equals_ignoring_case(text.substr(0, prefix.size()), prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

std::unexpected<Error> other_range(const HttpHead& head, std::string message) {
  return fail(ErrorKind::kNetwork, std::move(message), head.url,
              "The server or a proxy is at fault: try again later.");
}

// The `t` of "\"name\";r=0;t=55" (draft-ietf-httpapi-ratelimit-headers), whose budget `r` is used up.
std::optional<Seconds> rate_limit_wait(std::string_view text) {
  std::optional<std::uint64_t> rest, time;
  for (const std::string_view part : split(text, ';')) {
    if (const auto value = after(trim(part), "r=")) rest = parse_uint(*value);
    if (const auto value = after(trim(part), "t=")) time = parse_uint(*value);
  }
  if (!time || rest.value_or(0) > 0) return std::nullopt;
  return Seconds(static_cast<double>(*time));
}

std::optional<Seconds> retry_after_wait(std::string_view text, std::int64_t unix_now) {
  if (const auto seconds = parse_uint(text)) return Seconds(static_cast<double>(*seconds));
  const std::time_t date = curl_getdate(std::string(text).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return Seconds(static_cast<double>(std::max<std::int64_t>(0, date - unix_now)));
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  const auto rest = after(text, "bytes ");
  if (!rest) return std::nullopt;
  const auto slash = rest->find('/');
  const auto dash = rest->find('-');
  if (slash == std::string_view::npos || dash == std::string_view::npos || dash > slash) return std::nullopt;
  const auto first = parse_uint(rest->substr(0, dash));
  const auto last = parse_uint(rest->substr(dash + 1, slash - dash - 1));
  const std::string_view total_text = rest->substr(slash + 1);
  const auto total = parse_uint(total_text);
  if (!first || !last || *first > *last || (!total && total_text != "*")) return std::nullopt;
  if (total && *last >= *total) return std::nullopt;
  return ContentRange{{*first, *last}, total ? std::optional(Bytes(*total)) : std::nullopt};
}

std::optional<Bytes> parse_unsatisfied_range(std::string_view text) {
  const auto rest = after(text, "bytes */");
  const auto total = rest ? parse_uint(*rest) : std::nullopt;
  return total ? std::optional(Bytes(*total)) : std::nullopt;
}

Result<ContentRange> check_range(const HttpHead& head, ByteRange asked, std::optional<Bytes> total) {
  const auto text = head.header("content-range");
  const auto got = text ? parse_content_range(*text) : std::nullopt;
  if (!got) return other_range(head, "the server does not say which part of the file it sends");
  if (total && got->total && *total != *got->total) {
    return other_range(head,
                       fmt::format("the file has {} bytes now, not {}", got->total->value, total->value));
  }
  const std::optional<Bytes> size = got->total ? got->total : total;
  const std::uint64_t end = size ? std::min(asked.last, size->value - 1) : asked.last;
  if (got->range.first != asked.first || got->range.last != end) {
    return other_range(head, fmt::format("the server sends bytes {} to {} instead of {} to {}",
                                         got->range.first, got->range.last, asked.first, end));
  }
  return *got;
}

std::optional<std::string> strong_etag(const HttpHead& head) {
  const auto etag = head.header("etag");
  const bool strong = etag && etag->size() > 2 && etag->starts_with('"') && etag->ends_with('"');
  return strong ? etag : std::nullopt;
}

std::string bare_etag(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"'))
    etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

std::optional<Seconds> wait_told(const HttpHead& head, std::int64_t unix_now) {
  if (const auto text = head.header("retry-after")) {
    if (const auto wait = retry_after_wait(trim(*text), unix_now)) return wait;
  }
  if (const auto text = head.header("ratelimit")) {
    if (const auto wait = rate_limit_wait(*text)) return wait;
  }
  const auto reset = head.header("ratelimit-reset");
  const auto seconds = reset ? parse_uint(trim(*reset)) : std::nullopt;
  return seconds ? std::optional(Seconds(static_cast<double>(*seconds))) : std::nullopt;
}

std::optional<std::string> next_link(std::string_view text) {
  for (auto open = text.find('<'); open != std::string_view::npos; open = text.find('<', open + 1)) {
    const auto close = text.find('>', open);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view parameters = text.substr(close + 1, text.find('<', close) - close - 1);
    for (const std::string_view part : split(parameters, ';')) {
      const std::string_view value = trim(split(trim(part), ',').front());
      if (value == "rel=\"next\"" || value == "rel=next")
        return std::string(text.substr(open + 1, close - open - 1));
    }
    open = close;
  }
  return std::nullopt;
}

bool is_web_page(const HttpHead& head) {
  const std::string type = lower(head.header("content-type").value_or(""));
  return type.starts_with("text/html") || type.starts_with("application/xhtml");
}

}  // namespace tokcast
