#include "cli/output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>

namespace tokcast {
namespace {

// Of the first write that failed; the stream itself only remembers that one did.
int write_error = 0;

void note_failure(bool failed) {
  if (failed && write_error == 0) write_error = errno == 0 ? EIO : errno;
}

}  // namespace

// fmt::print throws where a stream is closed; these do not.
void print_text(std::string_view text) {
  errno = 0;
  note_failure(std::fwrite(text.data(), 1, text.size(), stdout) != text.size());
}

void print_json(const Json& document) {
  print_text(document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void say(std::string_view text) {
  note_failure(std::fflush(stdout) !=
               0);  // where both streams end in one place, neither cuts the other's lines
  std::fputs(fmt::format("tokcast: {}\n", text).c_str(), stderr);
}

Result<void> finish_output() {
  errno = 0;
  note_failure(std::fflush(stdout) != 0);
  // A reader that had enough (`tokcast models | head`) is not a failure.
  if (write_error == 0 || write_error == EPIPE) return {};
  return std::unexpected(error_from_errno(write_error, "cannot write the answer", "standard output"));
}

}  // namespace tokcast
