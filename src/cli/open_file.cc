#include "cli/open_file.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace tokcast {

// Not a BackgroundChild, which dies with us: the browser shall stay. A session of its own keeps Ctrl-C in our
// terminal from it, and what it says is nobody's answer.
Result<void> open_file(const std::string& path) {
  posix_spawn_file_actions_t quiet{};
  posix_spawnattr_t apart{};
  posix_spawn_file_actions_init(&quiet);
  for (const int stream : {0, 1, 2})
    posix_spawn_file_actions_addopen(&quiet, stream, "/dev/null", stream == 0 ? O_RDONLY : O_WRONLY, 0);
  posix_spawnattr_init(&apart);
  posix_spawnattr_setflags(&apart, POSIX_SPAWN_SETSID);
  std::string program = "xdg-open";
  std::string argument = path;
  const std::array<char*, 3> arguments{program.data(), argument.data(), nullptr};
  pid_t child = 0;
  const int failure = posix_spawnp(&child, program.c_str(), &quiet, &apart, arguments.data(), environ);
  posix_spawnattr_destroy(&apart);
  posix_spawn_file_actions_destroy(&quiet);
  if (failure == 0) return {};
  return std::unexpected(
      error_from_errno(failure, "cannot open the report", program, "Open it by hand: " + path + "."));
}

}  // namespace tokcast
