// Writes a model of full size with random weights to a file: what can be benched where no model can be
// fetched.
//
//   write_model tinyllama-1.1b-chat:Q4_K_M /var/tmp/tinyllama.gguf
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "bench/accuracy_record.h"
#include "machine/machine.h"
#include "rehearse/skeleton.h"

namespace tokcast {
namespace {

Result<void> copy_to(const Skeleton& model, const std::string& path) {
  const int out = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (out < 0) return std::unexpected(error_from_errno(errno, "cannot create", path));
  off_t offset = 0;
  ssize_t sent = 1;
  while (sent > 0) sent = sendfile(out, model.descriptor(), &offset, 1U << 30U);
  const int error_number = errno;
  const bool flushed = close(out) == 0;
  if (sent < 0 || !flushed) return std::unexpected(error_from_errno(error_number, "cannot write", path));
  return {};
}

Result<void> run(const std::string& name, const std::string& path) {
  const auto shape = full_shape(name);
  if (!shape) return std::unexpected(shape.error());
  const auto limit = read_machine().memory_limit();
  const auto model = Skeleton::write_full(*shape, limit ? std::optional(limit->bytes) : std::nullopt);
  if (!model) return std::unexpected(model.error());
  return copy_to(*model, path);
}

}  // namespace
}  // namespace tokcast

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: write_model MODEL FILE\n", stderr);
    return 2;
  }
  const auto done = tokcast::run(argv[1], argv[2]);
  if (!done) std::fprintf(stderr, "write_model: %s\n", tokcast::describe(done.error()).c_str());
  return done ? 0 : 1;
}
