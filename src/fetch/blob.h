// A file that is being fetched: its room is taken first, bytes are written at any offset, and only when all
// are right does it get its name.
//
// Flushed, renamed, and the rename flushed too: after a power cut the name is there with the whole content or
// not at all. What is called by its final name was verified.
#ifndef TOKCAST_FETCH_BLOB_H_
#define TOKCAST_FETCH_BLOB_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

// The seam for tests: what of the operating system may fail while a file is written. All set errno.
class FileCalls {
 public:
  virtual ~FileCalls() = default;
  virtual int allocate(int fd, std::uint64_t size);
  virtual ssize_t write_at(int fd, std::span<const char> bytes, std::uint64_t offset);
  virtual ssize_t read_at(int fd, std::span<char> bytes, std::uint64_t offset);
  virtual int sync(int fd);
  // Begins to flush a part, and waits for nothing.
  virtual int begin_sync(int fd, std::uint64_t offset, std::uint64_t size);
  virtual int rename(const std::string& from, const std::string& to);
};
FileCalls& system_files();

class Blob {
 public:
  // Opens `path` or makes it, and its directories, with room for `size` bytes. Whether it was there before:
  // is_new(). A file of another size is begun anew. `files` must outlive it.
  // Errors: kDiskFull, kIo (with a fix if the place is read-only).
  static Result<std::unique_ptr<Blob>> open(const std::string& path, Bytes size, FileCalls& files);
  ~Blob();
  Blob(const Blob&) = delete;
  Blob& operator=(const Blob&) = delete;

  bool is_new() const { return is_new_; }
  Bytes size() const { return size_; }

  // All of it. From any thread. Errors: kDiskFull, kIo; of read also: it ends before.
  Result<void> write(std::uint64_t offset, std::span<const char> bytes);
  Result<void> read(std::uint64_t offset, std::span<char> bytes) const;

  // What was written there begins its way to the disk, so that the last flush, which counts, is a short one.
  void flush_soon(std::uint64_t offset, std::uint64_t size) { files_.begin_sync(fd_, offset, size); }

  // Gives it its name, in place of what has that name now. Errors: kDiskFull, kIo, and it stays as it is.
  Result<void> place(const std::string& target);

 private:
  Blob(std::string path, int fd, Bytes size, FileCalls& files)
      : path_(std::move(path)), fd_(fd), size_(size), files_(files) {}
  Result<void> prepare();
  Error error(const char* what) const;

  std::string path_;
  int fd_;
  Bytes size_;
  FileCalls& files_;
  bool is_new_ = true;
};

// Makes the directory that `path` is to lie in. Errors: kDiskFull, kIo (read-only, no permission).
Result<void> make_parent(const std::string& path);

// Flushes a directory, so that names in it survive a power cut. Errors: kIo.
Result<void> sync_directory(const std::string& directory, FileCalls& files);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_BLOB_H_
