// Headers of answers, as servers and proxies may word them; names of models, as users may.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/text.h"
#include "fetch/answer_headers.h"
#include "fetch/hub_name.h"
#include "fetch/remote_header.h"
#include "fetch/retry.h"
#include "fuzz_root.h"

namespace tokcast {
namespace {

// A line each, as they stand in an answer; the first may be its status.
HttpHead parse_head(std::string_view text) {
  HttpHead head{.status = 206, .url = "https://example.org/file"};
  for (const std::string_view line : split(text, '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      head.status = static_cast<int>(parse_uint(trim(line)).value_or(206) % 1000);
    } else {
      head.headers.emplace_back(lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
    }
  }
  return head;
}

void use_range(const HttpHead& head) {
  const ByteRange asked{100, 199};
  const auto range = check_range(head, asked, std::nullopt);
  if (!range) return require(range.error().kind == ErrorKind::kNetwork);
  require(range->range.first == asked.first && range->range.last <= asked.last);
  require(!range->total || range->range.last < range->total->value);
  require(check_range(head, asked, range->total).has_value());
}

void use_head(const HttpHead& head) {
  use_range(head);
  if (const auto etag = strong_etag(head)) require(etag->front() == '"' && etag->back() == '"');
  if (const auto wait = wait_told(head, 1'000'000'000)) require(wait->value >= 0);
  for (const auto& [name, value] : head.headers) {
    if (const auto next = next_link(value)) require(value.find("<" + *next + ">") != std::string::npos);
    require(bare_etag(value).size() <= value.size());
  }
  [[maybe_unused]] const bool page = is_web_page(head);
  require(validator_of(head).empty() || !head.headers.empty());
  require(!status_error(head).message.empty());
}

void use_name(std::string_view name) {
  const auto parsed = parse_remote_name(name, "https://hub.example.org");
  if (!parsed) return require(parsed.error().kind == ErrorKind::kUsage);
  if (const auto* hub = std::get_if<HubName>(&*parsed)) {
    require(is_repository(hub->repository) && is_revision(hub->revision));
    const std::string_view file = hub->file;
    require(file.empty() || is_file_path(hub->is_folder() ? file.substr(0, file.size() - 1) : file));
  } else {
    require(is_file_path(std::get<PlainUrl>(*parsed).file));
  }
}

}  // namespace
}  // namespace tokcast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  tokcast::use_head(tokcast::parse_head(text));
  tokcast::use_name(text);
  return 0;
}
