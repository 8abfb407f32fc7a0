// Child processes: the only way tokcast runs another program.
//
// A child gets an argument list (never a shell), the environment it is given, its own process group, no
// inherited descriptors beyond those named, a deadline, caps on what it may print and optionally on its
// address space. When the deadline passes, its output overflows, its owner wants it no more, or we are
// interrupted (base/interrupt.h), its whole group is killed and reaped before run_child returns; when we die
// by SIGKILL the kernel kills it (PR_SET_PDEATHSIG).
#ifndef TOKCAST_BASE_CHILD_H_
#define TOKCAST_BASE_CHILD_H_

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

struct ChildOptions {
  std::vector<std::string> arguments;  // [0] is the program: a path, or a name looked up in PATH
  // Added to (or replacing in) our own environment.
  std::vector<std::pair<std::string, std::string>> environment{};
  Seconds deadline{60};
  Bytes output_limit{16 * kMebi.value};      // for each of stdout and stderr; more kills the child
  std::optional<Bytes> memory_limit{};       // RLIMIT_AS; nullopt leaves ours
  std::vector<int> inherited_descriptors{};  // stay open in the child under the same numbers
  std::string working_directory{};           // empty: ours
  std::optional<int> input_descriptor{};     // becomes its stdin; nullopt: nothing is there to read
  std::stop_token stop{};                    // any thread may ask it to be killed
};

struct ChildResult {
  std::optional<int> exit_code;    // set when it exited by itself
  std::optional<int> term_signal;  // set when a signal ended it, ours included
  bool timed_out = false;
  bool output_overflowed = false;
  bool stopped = false;  // by ChildOptions::stop
  std::string standard_output;
  std::string standard_error;
  Seconds wall{};
  Seconds cpu{};                           // user + system of the child
  std::uint64_t involuntary_switches = 0;  // how often it was descheduled while it wanted to run
  std::uint64_t peak_resident_bytes = 0;
};

// Runs a child to its end. Blocks the calling thread; any thread may call it.
// Errors: kNotFound (no such program), kIo (cannot start), kInterrupted (SIGINT/SIGTERM arrived; the child is
// gone). Timeouts, stops, crashes and overflow are results, not errors: the caller knows what they mean.
Result<ChildResult> run_child(const ChildOptions& options);

// Where a program is: a path as it is, a name looked up in PATH. Errors: kNotFound, kIo (may not be run).
Result<std::string> find_program(const std::string& name);

// One sentence on how the child ended: "exited with code 1", "was killed by signal 6 (Aborted)", "took longer
// than 20 s", "printed more than 16 MB", "was stopped".
std::string describe_end(const ChildResult& result, const ChildOptions& options);

}  // namespace tokcast

#endif  // TOKCAST_BASE_CHILD_H_
