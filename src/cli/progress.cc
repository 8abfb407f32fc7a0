#include "cli/progress.h"

#include <fmt/format.h>

namespace tokcast {

void Progress::begin(std::string_view what) {
  current_ = what;
  if (terminal_.rewrites_lines) return rewrite(current_);
  std::fputs(fmt::format("{}\n", what).c_str(), stream_);
}

void Progress::detail(std::string_view what) {
  if (terminal_.rewrites_lines) rewrite(fmt::format("{}: {}", current_, what));
}

void Progress::clear() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", stream_);
  std::fflush(stream_);
  shown_ = false;
}

void Progress::rewrite(std::string_view line) {
  // One column stays free: some terminals wrap as soon as the last one is written.
  std::fputs(("\r\x1b[K" + shortened(line, terminal_.width - 1)).c_str(), stream_);
  std::fflush(stream_);
  shown_ = true;
}

}  // namespace tokcast
