// A child process that is not waited for: a server of ours. Implemented in child.cc.
#ifndef TOKCAST_BASE_BACKGROUND_CHILD_H_
#define TOKCAST_BASE_BACKGROUND_CHILD_H_

#include <memory>
#include <optional>

#include "base/child.h"
#include "base/result.h"

namespace tokcast {

// A child that runs beside us until it ends or its owner does: a server. Of the options, deadline,
// output_limit and stop do not count; the owner has to read both descriptors. One thread owns it, and must
// live as long as the child: the kernel kills the child when the thread that started it ends.
class BackgroundChild {
 public:
  // `niceness` is added to ours. Errors: kNotFound (no such program), kIo (cannot start).
  static Result<std::unique_ptr<BackgroundChild>> start(const ChildOptions& options, int niceness = 0);
  // Kills the whole group, if it is still there, and reaps it.
  ~BackgroundChild();
  BackgroundChild(const BackgroundChild&) = delete;
  BackgroundChild& operator=(const BackgroundChild&) = delete;

  int pid() const;
  int output_descriptor() const;  // its stdout, readable; blocking
  int error_descriptor() const;   // its stderr
  void signal_group(int number);
  // Reaps it if it ended: exit_code or term_signal are set. nullopt: it still runs, or this was told before.
  std::optional<ChildResult> end();

 private:
  struct Impl;
  explicit BackgroundChild(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokcast

#endif  // TOKCAST_BASE_BACKGROUND_CHILD_H_
