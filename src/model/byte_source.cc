// The two sources of bytes that need no network: files and buffers.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "model/gguf_reader.h"

namespace tokcast {
namespace {

std::unexpected<Error> ends_before(const std::string& name, std::uint64_t offset, std::size_t wanted) {
  return fail(ErrorKind::kBadInput, fmt::format("it ends before the {} bytes that should be here", wanted),
              fmt::format("{}: byte {}", name, offset), "Get a complete copy.");
}

class FileSource final : public ByteSource {
 public:
  FileSource(int descriptor, Bytes size, std::string name)
      : descriptor_(descriptor), size_(size), name_(std::move(name)) {}
  ~FileSource() override { ::close(descriptor_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  Result<void> read(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset > size_.value || out.size() > size_.value - offset) {
      return ends_before(name_, offset, out.size());
    }
    std::size_t done = 0;
    while (done < out.size()) {
      const auto place = static_cast<off_t>(offset + done);
      const ssize_t got = ::pread(descriptor_, out.data() + done, out.size() - done, place);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::unexpected(error_from_errno(errno, "it cannot be read", name_));
      if (got == 0) return ends_before(name_, offset, out.size());  // it shrank meanwhile
      done += static_cast<std::size_t>(got);
    }
    return {};
  }
  std::optional<Bytes> size() const override { return size_; }
  const std::string& name() const override { return name_; }

 private:
  int descriptor_;
  Bytes size_;
  std::string name_;
};

class BufferSource final : public ByteSource {
 public:
  BufferSource(std::span<const std::byte> bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  Result<void> read(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      return ends_before(name_, offset, out.size());
    }
    std::ranges::copy(bytes_.subspan(offset, out.size()), out.begin());
    return {};
  }
  std::optional<Bytes> size() const override { return Bytes(bytes_.size()); }
  const std::string& name() const override { return name_; }

 private:
  std::span<const std::byte> bytes_;
  std::string name_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_file_source(const std::string& path) {
  // O_NONBLOCK: a pipe given as a model must not hang us.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    return std::unexpected(
        error_from_errno(errno, "the model file cannot be opened", path, "Check the path."));
  }
  struct stat status{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    return fail(ErrorKind::kBadInput, "it is not a regular file", path, "Give the path of a GGUF file.");
  }
  return std::make_unique<FileSource>(descriptor, Bytes(static_cast<std::uint64_t>(status.st_size)), path);
}

std::unique_ptr<ByteSource> make_buffer_source(std::span<const std::byte> bytes, std::string name) {
  return std::make_unique<BufferSource>(bytes, std::move(name));
}

}  // namespace tokcast
