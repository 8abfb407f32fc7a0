// Problem: a file that was just written is in the page cache, and reading it measures memory.
// Idea: write random bytes (some disks and file systems compress), make the disk take them (fdatasync), then
// drop the file from the cache (posix_fadvise), make sure that it is gone (mincore: file systems in memory
// keep it), and read through a second descriptor that passes the cache by (O_DIRECT) where there is such a
// thing. Cost: half the allowance for writing, half for reading.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <random>
#include <vector>

#include "base/elapsed.h"
#include "machine/disk.h"

namespace tokcast {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kAlignment = 4096;  // what O_DIRECT asks for, of memory and of places in the file
constexpr std::size_t kChunk = 1024 * kAlignment;
constexpr std::size_t kMostChunks = 16;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

// kChunk bytes where O_DIRECT may read to and write from.
class Buffer {
 public:
  Buffer() : bytes_(std::aligned_alloc(kAlignment, kChunk)) {}
  ~Buffer() { std::free(bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  void* get() const { return bytes_; }

  void fill(std::mt19937_64& random) const {
    auto* words = static_cast<std::uint64_t*>(bytes_);
    std::generate(words, words + kChunk / sizeof(std::uint64_t), std::ref(random));
  }

 private:
  void* bytes_;
};

// ZFS reads through a cache of its own, which nothing passes by.
bool has_own_cache(int fd) {
  constexpr auto kZfsMagic = 0x2FC12FC1;
  struct statfs status{};
  return fstatfs(fd, &status) != 0 || status.f_type == kZfsMagic;
}

bool has_room(int fd) {
  struct statvfs room{};
  constexpr std::uint64_t kRoom = 4 * kMostChunks * kChunk;
  return fstatvfs(fd, &room) == 0 && room.f_bavail > kRoom / std::max<std::uint64_t>(room.f_frsize, 1);
}

// A new file without a name.
int open_nameless(const std::string& directory) {
  const int fd = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  std::string path = directory + "/.tokcast-XXXXXX";  // some file systems know files with names only
  const int named = mkostemp(path.data(), O_CLOEXEC);
  if (named >= 0) unlink(path.c_str());
  return named;
}

// Chunks written and taken by the disk, until `allowance` has passed; 0 if that fails.
std::size_t write_chunks(int fd, const Buffer& buffer, Seconds allowance) {
  std::mt19937_64 random(1);
  const auto start = Clock::now();
  for (std::size_t chunk = 0; chunk < kMostChunks; ++chunk) {
    if (chunk > 0 && since(start) >= allowance) return chunk;
    buffer.fill(random);
    const auto offset = static_cast<off_t>(chunk * kChunk);
    if (pwrite(fd, buffer.get(), kChunk, offset) != static_cast<ssize_t>(kChunk) || fdatasync(fd) != 0)
      return 0;
  }
  return kMostChunks;
}

// True if no page of the file's first `chunks` is in memory any more.
bool drop_from_cache(int fd, std::size_t chunks) {
  const std::size_t size = chunks * kChunk;
  if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) return false;
  void* mapped = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) return false;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> resident((size + page - 1) / page);
  const bool known = mincore(mapped, size, resident.data()) == 0;
  munmap(mapped, size);
  return known && std::ranges::none_of(resident, [](unsigned char flags) { return (flags & 1U) != 0; });
}

std::optional<BytesPerSecond> read_chunks(int fd, const Buffer& buffer, std::size_t chunks,
                                          Seconds allowance) {
  const auto start = Clock::now();
  std::size_t done = 0;
  for (; done < chunks && (done == 0 || since(start) < allowance); ++done) {
    const auto offset = static_cast<off_t>(done * kChunk);
    if (pread(fd, buffer.get(), kChunk, offset) != static_cast<ssize_t>(kChunk)) return std::nullopt;
  }
  const double seconds = since(start).value;
  if (seconds <= 0) return std::nullopt;
  return BytesPerSecond(static_cast<double>(done * kChunk) / seconds);
}

}  // namespace

std::optional<BytesPerSecond> measure_read_rate(const std::string& directory, Seconds allowance) {
  const Seconds half(std::clamp(allowance.value, 0.0, 1.0) / 2);
  const Descriptor file(open_nameless(directory));
  const Buffer buffer;
  if (!file.is_open() || buffer.get() == nullptr || has_own_cache(file.get()) || !has_room(file.get())) {
    return std::nullopt;
  }
  const std::size_t chunks = write_chunks(file.get(), buffer, half);
  if (chunks == 0 || !drop_from_cache(file.get(), chunks)) return std::nullopt;
  const Descriptor direct(
      open(fmt::format("/proc/self/fd/{}", file.get()).c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
  if (direct.is_open()) {
    if (const auto rate = read_chunks(direct.get(), buffer, chunks, half)) return rate;
  }
  return read_chunks(file.get(), buffer, chunks, half);
}

}  // namespace tokcast
