#include "base/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>

#include "base/background_child.h"
#include "base/elapsed.h"
#include "base/interrupt.h"
#include "base/text.h"

extern char** environ;

namespace tokcast {
namespace {

using Clock = std::chrono::steady_clock;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::unexpected(error_from_errno(errno, "cannot make a pipe", ""));
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// Everything the child needs between fork and exec, prepared before fork: only async-signal-safe calls after
// it.
struct Prepared {
  std::string program;
  std::vector<std::string> environment_text;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<int> inherited;
};

std::vector<std::string> merged_environment(const ChildOptions& options) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      merged[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : options.environment) merged[name] = value;
  std::vector<std::string> out;
  for (const auto& [name, value] : merged) out.push_back(name + "=" + value);
  return out;
}

Result<Prepared> prepare(const ChildOptions& options) {
  if (options.arguments.empty()) return fail(ErrorKind::kUsage, "no program given to run");
  auto program = find_program(options.arguments[0]);
  if (!program) return std::unexpected(program.error());
  Prepared out;
  out.program = *program;
  out.environment_text = merged_environment(options);
  for (const std::string& argument : options.arguments) {
    out.arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  out.arguments.push_back(nullptr);
  for (const std::string& entry : out.environment_text)
    out.environment.push_back(const_cast<char*>(entry.c_str()));
  out.environment.push_back(nullptr);
  out.inherited = options.inherited_descriptors;
  std::ranges::sort(out.inherited);
  return out;
}

// In the child: closes every descriptor from 3 up except the inherited ones, which lose close-on-exec.
void close_others(const std::vector<int>& inherited) {
  unsigned first = 3;
  for (const int fd : inherited) {
    if (static_cast<unsigned>(fd) > first) syscall(SYS_close_range, first, static_cast<unsigned>(fd) - 1, 0);
    fcntl(fd, F_SETFD, 0);
    first = static_cast<unsigned>(fd) + 1;
  }
  syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC);
}

void reset_signals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(number, SIG_DFL);
}

[[noreturn]] void become(const Prepared& prepared, const ChildOptions& options, int out, int err, int status,
                         pid_t parent, int niceness) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent died before prctl took effect
  reset_signals();
  dup2(options.input_descriptor ? *options.input_descriptor : open("/dev/null", O_RDONLY), 0);
  dup2(out, 1);
  dup2(err, 2);
  if (options.memory_limit) {
    const rlimit limit{options.memory_limit->value, options.memory_limit->value};
    setrlimit(RLIMIT_AS, &limit);
  }
  if (niceness != 0) setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + niceness);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const bool moved = options.working_directory.empty() || chdir(options.working_directory.c_str()) == 0;
  // `status` is closed by a successful exec; close_others leaves it open until then through close-on-exec.
  close_others(prepared.inherited);
  if (moved) execve(prepared.program.c_str(), prepared.arguments.data(), prepared.environment.data());
  const int error_number = errno;
  [[maybe_unused]] const ssize_t written = write(status, &error_number, sizeof error_number);
  _exit(127);
}

// Reads what is there; false at end of file.
bool drain(int fd, std::string& into) {
  std::array<char, 65536> chunk{};
  const ssize_t count = read(fd, chunk.data(), chunk.size());
  if (count > 0) into.append(chunk.data(), static_cast<std::size_t>(count));
  return count > 0 || (count < 0 && errno == EINTR);
}

// Readable once somebody asked for the stop: polls cannot wait for a token.
class StopWatch {
 public:
  explicit StopWatch(const std::stop_token& token)
      : descriptor_(token.stop_possible() ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1),
        callback_(token, [fd = descriptor_.get()] {
          const std::uint64_t one = 1;
          [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof one);
        }) {}
  int descriptor() const { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
  std::stop_callback<std::function<void()>> callback_;
};

class Running {
 public:
  Running(pid_t pid, Descriptor out, Descriptor err)
      : pid_(pid), out_(std::move(out)), err_(std::move(err)) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    kill_group();
    if (!reaped_) waitpid(pid_, nullptr, 0);
  }

  // Collects output until both ends close, the deadline passes, a cap is hit or we are interrupted.
  void collect(const ChildOptions& options, Clock::time_point start, ChildResult& result) {
    const StopWatch stop(options.stop);
    bool out_open = true;
    bool err_open = true;
    while (out_open || err_open) {
      const double left = options.deadline.value - since(start).value;
      result.timed_out = left <= 0;
      const auto limit = options.output_limit.value;
      result.output_overflowed =
          result.standard_output.size() > limit || result.standard_error.size() > limit;
      result.stopped = options.stop.stop_requested();
      if (result.timed_out || result.output_overflowed || result.stopped || interrupt_signal())
        return kill_group();
      std::array<pollfd, 4> wait{
          pollfd{out_open ? out_.get() : -1, POLLIN, 0}, pollfd{err_open ? err_.get() : -1, POLLIN, 0},
          pollfd{interrupt_descriptor(), POLLIN, 0}, pollfd{stop.descriptor(), POLLIN, 0}};
      if (poll(wait.data(), wait.size(), static_cast<int>(std::min(left, 3600.0) * 1000) + 1) < 0) continue;
      if (wait[0].revents != 0) out_open = drain(out_.get(), result.standard_output);
      if (wait[1].revents != 0) err_open = drain(err_.get(), result.standard_error);
    }
  }

  // Waits for the end: within the deadline, then by force.
  void reap(const ChildOptions& options, Clock::time_point start, ChildResult& result) {
    int status = 0;
    rusage usage{};
    while (wait4(pid_, &status, WNOHANG, &usage) == 0) {
      if (since(start).value > options.deadline.value) result.timed_out = true;
      if (options.stop.stop_requested()) result.stopped = true;
      if (result.timed_out || result.stopped || interrupt_signal()) kill_group();
      usleep(500);
    }
    reaped_ = true;
    kill_group();  // grandchildren that outlived it
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result.term_signal = WTERMSIG(status);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    result.cpu = Seconds(seconds(usage.ru_utime) + seconds(usage.ru_stime));
    result.involuntary_switches = static_cast<std::uint64_t>(usage.ru_nivcsw);
    result.peak_resident_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  }

 private:
  void kill_group() { kill(-pid_, SIGKILL); }

  pid_t pid_;
  Descriptor out_;
  Descriptor err_;
  bool reaped_ = false;
};

// 0 if exec succeeded, else the errno with which it failed.
int exec_error(const Pipe& status) {
  int error_number = 0;
  const ssize_t count = read(status.read_end.get(), &error_number, sizeof error_number);
  return count == sizeof error_number ? error_number : 0;
}

struct Started {
  pid_t pid;
  Descriptor out;
  Descriptor err;
};

Result<Started> start(const ChildOptions& options, int niceness) {
  auto prepared = prepare(options);
  auto out = make_pipe();
  auto err = make_pipe();
  auto status = make_pipe();
  if (!prepared) return std::unexpected(prepared.error());
  for (const auto* made : {&out, &err, &status}) {
    if (!*made) return std::unexpected(made->error());
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return std::unexpected(error_from_errno(errno, "cannot start a process", prepared->program));
  if (pid == 0) {
    become(*prepared, options, out->write_end.get(), err->write_end.get(), status->write_end.get(), parent,
           niceness);
  }
  setpgid(pid, pid);  // also here: whichever of us comes first
  for (auto* made : {&out, &err, &status}) (*made)->write_end.reset();
  if (const int error_number = exec_error(*status); error_number != 0) {
    waitpid(pid, nullptr, 0);
    return std::unexpected(error_from_errno(error_number, "cannot run this program", prepared->program));
  }
  return Started{pid, std::move(out->read_end), std::move(err->read_end)};
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (access(name.c_str(), X_OK) == 0) return name;
    return std::unexpected(error_from_errno(errno, "cannot run this program", name));
  }
  const char* path = getenv("PATH");
  for (const std::string_view folder : split(path == nullptr ? "/usr/bin:/bin" : path, ':')) {
    const std::string candidate = std::string(folder) + "/" + name;
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return fail(ErrorKind::kNotFound, "no program called '" + name + "' in PATH", name, "Install it.");
}

Result<ChildResult> run_child(const ChildOptions& options) {
  if (auto go_on = check_interrupt(); !go_on) return std::unexpected(go_on.error());
  const auto start_time = Clock::now();
  auto started = start(options, 0);
  if (!started) return std::unexpected(started.error());
  Running child(started->pid, std::move(started->out), std::move(started->err));
  ChildResult result;
  child.collect(options, start_time, result);
  child.reap(options, start_time, result);
  result.wall = since(start_time);
  if (auto go_on = check_interrupt(); !go_on) return std::unexpected(go_on.error());
  return result;
}

struct BackgroundChild::Impl {
  pid_t pid = 0;
  Descriptor out;
  Descriptor err;
  bool reaped = false;
};

BackgroundChild::BackgroundChild(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

BackgroundChild::~BackgroundChild() {
  if (impl_->reaped) return;
  kill(-impl_->pid, SIGKILL);
  waitpid(impl_->pid, nullptr, 0);
}

Result<std::unique_ptr<BackgroundChild>> BackgroundChild::start(const ChildOptions& options, int niceness) {
  auto started = tokcast::start(options, niceness);
  if (!started) return std::unexpected(started.error());
  auto impl = std::make_unique<Impl>();
  impl->pid = started->pid;
  impl->out = std::move(started->out);
  impl->err = std::move(started->err);
  return std::unique_ptr<BackgroundChild>(new BackgroundChild(std::move(impl)));
}

int BackgroundChild::pid() const {
  return impl_->pid;
}
int BackgroundChild::output_descriptor() const {
  return impl_->out.get();
}
int BackgroundChild::error_descriptor() const {
  return impl_->err.get();
}

void BackgroundChild::signal_group(int number) {
  if (!impl_->reaped) kill(-impl_->pid, number);
}

std::optional<ChildResult> BackgroundChild::end() {
  int status = 0;
  if (impl_->reaped || waitpid(impl_->pid, &status, WNOHANG) != impl_->pid) return std::nullopt;
  kill(-impl_->pid, SIGKILL);  // grandchildren that outlived it
  impl_->reaped = true;
  ChildResult result;
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.term_signal = WTERMSIG(status);
  return result;
}

std::string describe_end(const ChildResult& result, const ChildOptions& options) {
  if (result.stopped) return "was stopped";
  if (result.timed_out) return "took longer than " + format_seconds(options.deadline);
  if (result.output_overflowed) return "printed more than " + format_bytes(options.output_limit);
  if (result.term_signal) {
    return fmt::format("was killed by signal {} ({})", *result.term_signal, strsignal(*result.term_signal));
  }
  return fmt::format("exited with code {}", result.exit_code.value_or(-1));
}

}  // namespace tokcast
