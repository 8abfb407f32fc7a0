#include "base/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>

namespace tokcast {
namespace {

std::atomic<int> arrived_signal{0};
std::array<int, 2> wake_pipe{-1, -1};

void on_signal(int signal_number) {
  if (arrived_signal.exchange(signal_number) != 0) _exit(128 + signal_number);
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = write(wake_pipe[1], &byte, 1);
}

}  // namespace

void install_interrupt_handlers() {
  if (wake_pipe[0] != -1 || pipe2(wake_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
  struct sigaction action{};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before{};
    sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);  // nohup stays in force
  }
  signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, not a death
}

std::optional<int> interrupt_signal() {
  const int number = arrived_signal.load();
  return number == 0 ? std::nullopt : std::optional(number);
}

int interrupt_descriptor() {
  return wake_pipe[0];
}

Result<void> check_interrupt() {
  if (interrupt_signal()) return fail(ErrorKind::kInterrupted, "interrupted");
  return {};
}

}  // namespace tokcast
