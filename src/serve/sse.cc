#include "serve/sse.h"

namespace tokcast {

void SseParser::take_line(std::string_view line, const std::function<void(std::string_view)>& event) {
  if (line.empty()) {
    if (has_data_) event(data_);
    data_.clear();
    has_data_ = false;
    return;
  }
  if (!line.starts_with("data")) return;
  line.remove_prefix(4);
  if (!line.empty() && line.front() != ':') return;  // another field
  if (!line.empty()) line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (has_data_) data_ += '\n';
  data_ += line;
  has_data_ = true;
}

Result<void> SseParser::feed(std::string_view bytes, const std::function<void(std::string_view)>& event) {
  while (!bytes.empty()) {
    if (after_return_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_return_ = false;
    const auto end = bytes.find_first_of("\r\n");
    line_ += bytes.substr(0, end);
    if (line_.size() + data_.size() > limit_.value) {
      return fail(ErrorKind::kBadInput, "the engine sent an event that is too long");
    }
    if (end == std::string_view::npos) return {};
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    take_line(line_, event);
    line_.clear();
  }
  return {};
}

}  // namespace tokcast
