#include "serve/line_writer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

namespace tokcast {
namespace {

constexpr int kPatienceMs = 1000;

// False: the other end does not take it. A long line to a pipe may still block in write, for no longer than
// its reader does.
bool write_whole(int descriptor, std::string_view text, bool in_a_hurry) {
  while (!text.empty()) {
    pollfd wait{descriptor, POLLOUT, 0};
    if (in_a_hurry && poll(&wait, 1, kPatienceMs) <= 0) return false;
    const ssize_t count = ::write(descriptor, text.data(), std::min<std::size_t>(text.size(), 4096));
    if (count < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (count < 0 && errno == EAGAIN) poll(&wait, 1, kPatienceMs);
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

LineWriter::LineWriter(int descriptor, std::size_t most_lines)
    : descriptor_(descriptor), most_lines_(most_lines), thread_([this] { run(); }) {}

LineWriter::~LineWriter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LineWriter::write(std::string line) {
  {
    const std::lock_guard lock(mutex_);
    if (lines_.size() >= most_lines_) {
      ++dropped_;
      return;
    }
    lines_.push_back(std::move(line) + "\n");
  }
  changed_.notify_one();
}

std::uint64_t LineWriter::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void LineWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !lines_.empty(); });
    if (lines_.empty()) return;
    const std::string line = std::move(lines_.front());
    lines_.pop_front();
    const bool in_a_hurry = stop_;
    lock.unlock();
    const bool written = write_whole(descriptor_, line, in_a_hurry);
    lock.lock();
    if (!written && stop_) return;
  }
}

}  // namespace tokcast
