#include "fetch/blob.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace tokcast {
namespace {

constexpr const char* kElsewhere = "Choose another place with --models-dir or HF_HOME.";

std::string fix_for(int error_number) {
  if (error_number == ENOSPC || error_number == EDQUOT)
    return "Free some room, or choose another place with --models-dir; what is here already is kept.";
  const bool closed = error_number == EROFS || error_number == EACCES || error_number == EPERM;
  return closed ? kElsewhere : "";
}

}  // namespace

// fallocate and not posix_fallocate: where the file system cannot, that one writes to every block instead,
// which for 40 GB takes minutes. Then the room is not taken, only the size set.
int FileCalls::allocate(int fd, std::uint64_t size) {
  if (size == 0 || ::fallocate(fd, 0, 0, static_cast<off_t>(size)) == 0) return 0;
  if (errno != EOPNOTSUPP && errno != ENOSYS) return -1;
  return ::ftruncate(fd, static_cast<off_t>(size));
}
ssize_t FileCalls::write_at(int fd, std::span<const char> bytes, std::uint64_t offset) {
  return ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
}
ssize_t FileCalls::read_at(int fd, std::span<char> bytes, std::uint64_t offset) {
  return ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
}
int FileCalls::sync(int fd) {
  return ::fsync(fd);
}
int FileCalls::begin_sync(int fd, std::uint64_t offset, std::uint64_t size) {
  return ::sync_file_range(fd, static_cast<off_t>(offset), static_cast<off_t>(size), SYNC_FILE_RANGE_WRITE);
}
int FileCalls::rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str());
}

FileCalls& system_files() {
  static FileCalls files;
  return files;
}

Result<void> make_parent(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  std::error_code failure;
  std::filesystem::create_directories(parent, failure);
  if (!failure) return {};
  return std::unexpected(
      error_from_errno(failure.value(), "cannot make the directory", parent, fix_for(failure.value())));
}

Result<void> sync_directory(const std::string& directory, FileCalls& files) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int failed = fd < 0 ? -1 : files.sync(fd);
  const int error_number = errno;
  if (fd >= 0) ::close(fd);
  // Some file systems cannot flush a directory, and say so with EINVAL.
  if (failed == 0 || error_number == EINVAL) return {};
  return std::unexpected(error_from_errno(error_number, "cannot flush the directory", directory));
}

Result<std::unique_ptr<Blob>> Blob::open(const std::string& path, Bytes size, FileCalls& files) {
  if (auto made = make_parent(path); !made) return std::unexpected(made.error());
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return std::unexpected(error_from_errno(errno, "cannot create", path, fix_for(errno)));
  std::unique_ptr<Blob> blob(new Blob(path, fd, size, files));
  if (auto prepared = blob->prepare(); !prepared) return std::unexpected(prepared.error());
  return blob;
}

Result<void> Blob::prepare() {
  struct stat about{};
  if (::fstat(fd_, &about) != 0) return std::unexpected(error("cannot open"));
  is_new_ = about.st_size != static_cast<off_t>(size_.value) || size_.value == 0;
  if (!is_new_) return {};
  if (::ftruncate(fd_, 0) != 0) return std::unexpected(error("cannot begin"));
  if (files_.allocate(fd_, size_.value) == 0) return {};
  Error failed = error("no room for");
  ::unlink(path_.c_str());
  return std::unexpected(std::move(failed));
}

Blob::~Blob() {
  ::close(fd_);
}

Error Blob::error(const char* what) const {
  return error_from_errno(errno, what, path_, fix_for(errno));
}

Result<void> Blob::write(std::uint64_t offset, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = files_.write_at(fd_, bytes, offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(error("cannot write"));
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> Blob::read(std::uint64_t offset, std::span<char> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = files_.read_at(fd_, bytes, offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(error("cannot read"));
    if (count == 0) return fail(ErrorKind::kIo, "it is shorter than it was", path_);
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> Blob::place(const std::string& target) {
  if (files_.sync(fd_) != 0) return std::unexpected(error("cannot flush to disk"));
  if (auto made = make_parent(target); !made) return made;
  if (files_.rename(path_, target) != 0) return std::unexpected(error("cannot give its name to"));
  return sync_directory(std::filesystem::path(target).parent_path(), files_);
}

}  // namespace tokcast
