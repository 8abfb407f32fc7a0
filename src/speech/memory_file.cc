#include "speech/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tokcast {

Result<MemoryFile> MemoryFile::make(std::string_view text) {
  MemoryFile out(memfd_create("text", MFD_CLOEXEC));
  const bool is_whole =
      out.descriptor_ >= 0 &&
      write(out.descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      lseek(out.descriptor_, 0, SEEK_SET) == 0;
  if (!is_whole) return std::unexpected(error_from_errno(errno, "cannot hand over a text", ""));
  return out;
}

MemoryFile::MemoryFile(MemoryFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

MemoryFile::~MemoryFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace tokcast
