#include "serve/supervisor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/background_child.h"
#include "base/child.h"
#include "base/elapsed.h"
#include "base/text.h"
#include "serve/loopback_port.h"

namespace tokcast {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeptLines = 30;
constexpr std::size_t kKeptLineBytes = 300;
constexpr Seconds kWakeWhileLoading{0.1};

// The engine's last lines, for the reason of its end.
class LastWords {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) {
      if (byte == '\n') {
        keep();
      } else if (line_.size() < kKeptLineBytes) {
        line_ += byte;
      }
    }
  }

  // The last line that speaks of an error, else the last one.
  std::string text() const {
    const auto speaks = [](const std::string& line) {
      return lower(line).find("error") != std::string::npos;
    };
    const auto found = std::find_if(lines_.rbegin(), lines_.rend(), speaks);
    if (found != lines_.rend()) return *found;
    return lines_.empty() ? std::string() : lines_.back();
  }

 private:
  void keep() {
    if (!trim(line_).empty()) lines_.push_back(printable(trim(line_)));
    if (lines_.size() > kKeptLines) lines_.pop_front();
    line_.clear();
  }

  std::string line_{};
  std::deque<std::string> lines_{};
};

void make_non_blocking(int descriptor) {
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

// False: it reads nothing any more.
bool read_away(int descriptor, LastWords& into) {
  std::array<char, 16384> piece{};
  for (;;) {
    const ssize_t count = read(descriptor, piece.data(), piece.size());
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    into.add({piece.data(), static_cast<std::size_t>(count)});
  }
}

std::string how_it_ended(const ChildResult& end, const LastWords& words) {
  const std::string last = words.text();
  return describe_end(end, {}) + (last.empty() ? "" : ": " + last);
}

}  // namespace

std::string_view phase_name(EnginePhase phase) {
  constexpr std::array<std::string_view, 5> kNames{"loading", "ready", "stuck", "failed", "stopped"};
  return kNames.at(static_cast<std::size_t>(phase));
}

struct Supervisor::Impl {
  SupervisorOptions options;
  std::function<void(const EngineStatus&)> changed;
  int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::mutex mutex{};
  bool stop = false;                        // under mutex
  std::optional<EngineSpec> replacement{};  // under mutex
  // The thread's own.
  EngineStatus status{};
  Seconds pause{};
  std::thread thread{};

  bool must_end_child() {
    const std::lock_guard lock(mutex);
    return stop || replacement.has_value();
  }
  bool stopped() {
    const std::lock_guard lock(mutex);
    return stop;
  }
  void call() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake, &one, sizeof one);
  }
  void tell(EnginePhase phase) {
    status.phase = phase;
    changed(status);
  }
  void run();
  void run_once();
  bool place(std::vector<std::string>& arguments);
  std::optional<unsigned> ask() const;
  ChildResult tend(BackgroundChild& child, LastWords& words);
  void wait(Seconds time, const BackgroundChild* child, LastWords* words) const;
  void take_replacement();
  void look_after(BackgroundChild& child, Clock::time_point start, Clock::time_point& last_answer);
};

void Supervisor::Impl::take_replacement() {
  const std::lock_guard lock(mutex);
  if (!replacement) return;
  options.spec = std::move(*replacement);
  replacement.reset();
  status.reason.clear();
  pause = options.first_pause;
}

void Supervisor::Impl::run() {
  pause = options.first_pause;
  while (!stopped()) {
    take_replacement();
    run_once();
    if (must_end_child()) continue;
    status.retry_after = pause;
    tell(EnginePhase::kFailed);
    const auto start = Clock::now();
    while (since(start) < pause && !must_end_child()) wait(pause - since(start), nullptr, nullptr);
    pause = std::min(pause * 2.0, options.longest_pause);
  }
  status.pid.reset();
  tell(EnginePhase::kStopped);
}

// Where it shall listen, into its command line. False: there is no place.
bool Supervisor::Impl::place(std::vector<std::string>& arguments) {
  status.port.reset();
  for (std::string& argument : arguments) {
    if (argument == "{socket}") argument = status.socket_path;
    if (argument != "{port}") continue;
    const auto port = free_loopback_port();
    if (!port) {
      status.reason = describe(port.error());
      return false;
    }
    status.port = *port;
    argument = std::to_string(*port);
    status.socket_path.clear();
  }
  return true;
}

std::optional<unsigned> Supervisor::Impl::ask() const {
  if (status.port) return probe_loopback_http(*status.port, options.spec.health_path, options.probe_time);
  return probe_unix_http(status.socket_path, options.spec.health_path, options.probe_time);
}

// One life of the child.
void Supervisor::Impl::run_once() {
  ++status.starts;
  status.socket_path = fmt::format("{}/{}-{}.sock", options.runtime_directory, options.name, status.starts);
  status.model = options.spec.model;
  status.retry_after.reset();
  status.load_time.reset();
  ChildOptions child_options{.arguments = options.spec.arguments};
  if (!place(child_options.arguments)) return;
  child_options.environment = options.spec.environment;
  child_options.environment.emplace_back("GGML_NO_BACKTRACE", "1");  // else a crash starts a debugger
  auto child = BackgroundChild::start(child_options, options.niceness);
  if (!child) {
    status.reason = describe(child.error());
    return;
  }
  status.pid = (*child)->pid();
  tell(EnginePhase::kLoading);
  LastWords words;
  const ChildResult end = tend(**child, words);
  if (!status.socket_path.empty()) unlink(status.socket_path.c_str());
  status.pid.reset();
  if (!must_end_child()) status.reason = how_it_ended(end, words);
}

// Until it ended, by itself or by us.
ChildResult Supervisor::Impl::tend(BackgroundChild& child, LastWords& words) {
  make_non_blocking(child.output_descriptor());
  make_non_blocking(child.error_descriptor());
  const auto start = Clock::now();
  auto last_answer = start;
  for (;;) {
    if (must_end_child()) child.signal_group(SIGKILL);
    if (auto end = child.end()) {
      read_away(child.error_descriptor(), words);
      return *end;
    }
    if (!must_end_child()) look_after(child, start, last_answer);
    const bool soon = status.phase == EnginePhase::kLoading || must_end_child();
    wait(soon ? kWakeWhileLoading : options.probe_period, &child, &words);
  }
}

void Supervisor::Impl::look_after(BackgroundChild& child, Clock::time_point start,
                                  Clock::time_point& last_answer) {
  const auto answer = ask();
  if (answer) last_answer = Clock::now();
  const bool is_healthy = answer && std::ranges::count(options.spec.healthy, *answer) > 0;
  if (is_healthy && status.phase != EnginePhase::kReady) {
    if (!status.load_time) status.load_time = since(start);
    tell(EnginePhase::kReady);
  }
  if (status.phase == EnginePhase::kReady && since(start) > options.healthy_after)
    pause = options.first_pause;
  // While it loads it may be silent for long: it reads its file before it listens.
  if (status.phase == EnginePhase::kLoading) return;
  if (since(last_answer) > options.killed_after) {
    child.signal_group(SIGKILL);
  } else if (since(last_answer) > options.stuck_after && status.phase == EnginePhase::kReady) {
    tell(EnginePhase::kStuck);
  }
}

// Until the time is over, somebody calls, or the child spoke or closed its output.
void Supervisor::Impl::wait(Seconds time, const BackgroundChild* child, LastWords* words) const {
  const auto start = Clock::now();
  for (bool heard = false, open = true; !heard;) {
    const double left = time.value - since(start).value;
    if (left <= 0) return;
    std::array<pollfd, 3> wait{pollfd{wake, POLLIN, 0},
                               pollfd{child != nullptr && open ? child->output_descriptor() : -1, POLLIN, 0},
                               pollfd{child != nullptr && open ? child->error_descriptor() : -1, POLLIN, 0}};
    if (poll(wait.data(), wait.size(), static_cast<int>(left * 1000) + 1) < 0) continue;
    if (wait[0].revents != 0) {
      std::uint64_t count = 0;
      heard = read(wake, &count, sizeof count) > 0;
    }
    if (child == nullptr) continue;
    // A child that closed its output has most likely ended: look soon, but do not spin.
    for (const auto& [descriptor, revents] : {std::pair{child->output_descriptor(), wait[1].revents},
                                              std::pair{child->error_descriptor(), wait[2].revents}}) {
      if (revents != 0 && !read_away(descriptor, *words)) {
        open = false;
        time = std::min(time, since(start) + Seconds(0.01));
      }
    }
  }
}

Supervisor::Supervisor(SupervisorOptions options, std::function<void(const EngineStatus&)> changed)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->changed = std::move(changed);
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

Supervisor::~Supervisor() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->call();
  impl_->thread.join();
  close(impl_->wake);
}

void Supervisor::replace(EngineSpec spec) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->replacement = std::move(spec);
  }
  impl_->call();
}

}  // namespace tokcast
