#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "measure/page_cache.h"

namespace tokcast {
namespace {

struct Resident {
  std::uint64_t pages = 0;
  std::uint64_t of = 0;
};

// mincore(2) answers for a stretch at a time: a bitmap of a 40 GB file would take 10 MB.
std::optional<Resident> count_resident(int fd, std::uint64_t size) {
  constexpr std::uint64_t kStretch = 1ULL << 30U;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  Resident out;
  for (std::uint64_t offset = 0; offset < size; offset += kStretch) {
    const std::uint64_t length = std::min(kStretch, size - offset);
    void* map = mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(offset));
    if (map == MAP_FAILED) return std::nullopt;
    std::vector<unsigned char> pages((length + page - 1) / page);
    const int failed = mincore(map, length, pages.data());
    munmap(map, length);
    if (failed != 0) return std::nullopt;
    out.of += pages.size();
    out.pages += static_cast<std::uint64_t>(
        std::ranges::count_if(pages, [](unsigned char bits) { return (bits & 1U) != 0; }));
  }
  return out;
}

Result<std::optional<Resident>> drop(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::unexpected(error_from_errno(errno, "cannot open", path));
  struct stat status{};
  std::optional<Resident> out;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    fdatasync(fd);  // what is not written yet cannot be dropped
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    out = count_resident(fd, static_cast<std::uint64_t>(status.st_size));
  }
  close(fd);
  return out;
}

}  // namespace

Result<std::optional<double>> drop_from_page_cache(const std::vector<std::string>& paths) {
  Resident sum;
  bool known = true;
  for (const std::string& path : paths) {
    const auto one = drop(path);
    if (!one) return std::unexpected(one.error());
    known = known && one->has_value();
    if (!*one) continue;
    sum.pages += (*one)->pages;
    sum.of += (*one)->of;
  }
  if (!known || sum.of == 0) return std::nullopt;
  return static_cast<double>(sum.pages) / static_cast<double>(sum.of);
}

}  // namespace tokcast
