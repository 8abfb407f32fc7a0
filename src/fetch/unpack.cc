#include "fetch/unpack.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

constexpr const char* kList = ".tokcast.unpacked";
constexpr std::string_view kListHead = "tokcast.unpacked/1";
constexpr std::size_t kChunkBytes = 1U << 20U;

struct UnpackedFile {
  std::string path;
  std::uint64_t size = 0;
};

// A folder that is gone when this is, unless it was given a name of its own.
class WorkFolder {
 public:
  explicit WorkFolder(fs::path path) : path_(std::move(path)) { remove(); }
  ~WorkFolder() { remove(); }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  void remove() const {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path path_;
};

class Unpacking {
 public:
  Unpacking(const UnpackPlan& plan, FileCalls& files)
      : plan_(plan), files_(files), work_(hidden("unpacking")), old_(hidden("replaced")) {}

  Result<void> run() {
    if (auto free = check_target(); !free) return free;
    auto reader = ArchiveReader::open(plan_.archive, plan_.limits);
    if (!reader) return std::unexpected(reader.error());
    if (auto unpacked = unpack_all(*reader); !unpacked) return unpacked;
    const fs::path root = folder_of_all();
    if (auto listed = write_list(root); !listed) return listed;
    return place(root);
  }

 private:
  fs::path hidden(const char* what) const {
    const fs::path target(plan_.directory);
    return target.parent_path() / fmt::format(".{}.tokcast.{}", target.filename().string(), what);
  }

  Result<void> check_target() const {
    std::error_code ignored;
    const bool ours = fs::exists(fs::path(plan_.directory) / kList, ignored);
    if (ours || !fs::exists(fs::symlink_status(plan_.directory, ignored))) return {};
    return fail(ErrorKind::kBadInput,
                "there is something of that name already, which was not unpacked by tokcast", plan_.directory,
                "Move it away, or choose another place with --models-dir.");
  }

  Result<void> unpack_all(ArchiveReader& reader) {
    for (;;) {
      const auto entry = reader.next();
      if (!entry) return std::unexpected(entry.error());
      if (!*entry) break;
      const auto done =
          (*entry)->is_directory ? make_folder((*entry)->path) : unpack_file(reader, (*entry)->path);
      if (!done) return done;
    }
    if (!unpacked_.empty()) return {};
    return fail(ErrorKind::kBadInput, "there is nothing in the archive", plan_.archive);
  }

  Result<void> make_folder(const std::string& path) const { return make_parent(work_.path() / path / "."); }

  Result<void> unpack_file(ArchiveReader& reader, const std::string& path) {
    const fs::path place = work_.path() / path;
    if (auto made = make_parent(place); !made) return made;
    const int fd = ::open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST) {
      return fail(ErrorKind::kBadInput, "a name stands in the archive twice: " + printable(path),
                  plan_.archive);
    }
    if (fd < 0) return std::unexpected(error_from_errno(errno, "cannot create", place));
    auto size = copy(reader, fd, place);
    if (size && files_.sync(fd) != 0)
      size = std::unexpected(error_from_errno(errno, "cannot flush to disk", place));
    ::close(fd);
    if (!size) return std::unexpected(size.error());
    unpacked_.push_back({path, *size});
    return {};
  }

  Result<std::uint64_t> copy(ArchiveReader& reader, int fd, const fs::path& place) {
    std::uint64_t size = 0;
    for (;;) {
      if (auto go_on = check_interrupt(); !go_on) return std::unexpected(go_on.error());
      const auto count = reader.read(buffer_);
      if (!count) return std::unexpected(count.error());
      if (*count == 0) return size;
      if (auto room = check_room(*count); !room) return std::unexpected(room.error());
      auto written = write_all(fd, std::span(buffer_).first(*count), size, place);
      if (!written) return std::unexpected(written.error());
      size += *count;
    }
  }

  Result<void> check_room(std::uint64_t wanted) const {
    std::error_code unknown;
    const auto space = fs::space(work_.path(), unknown);
    if (unknown || space.available >= wanted + plan_.spare.value) return {};
    return fail(ErrorKind::kDiskFull, "there is no room to unpack it", plan_.directory,
                "Free some room: the archive is kept, and the same command goes on.");
  }

  Result<void> write_all(int fd, std::span<const char> bytes, std::uint64_t offset, const fs::path& place) {
    while (!bytes.empty()) {
      const ssize_t count = files_.write_at(fd, bytes, offset);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return std::unexpected(error_from_errno(errno, "cannot write", place));
      offset += static_cast<std::uint64_t>(count);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }

  // Most archives hold one folder, named as the archive: then that one is meant.
  fs::path folder_of_all() const {
    std::optional<std::string> first;
    for (const UnpackedFile& file : unpacked_) {
      const auto slash = file.path.find('/');
      const std::string folder = file.path.substr(0, slash);
      if (slash == std::string::npos || folder != first.value_or(folder)) return work_.path();
      first = folder;
    }
    return work_.path() / *first;
  }

  Result<void> write_list(const fs::path& root) const {
    std::string text = fmt::format("{}\n{}\n", kListHead, plan_.identity);
    for (const UnpackedFile& file : unpacked_) {
      const std::string path = (work_.path() / file.path).lexically_relative(root).string();
      text += fmt::format("{} {}\n", file.size, path);
    }
    return write_file(root / kList, text);
  }

  Result<void> place(const fs::path& root) {
    std::error_code ignored;
    if (fs::exists(plan_.directory, ignored) && files_.rename(plan_.directory, old_.path()) != 0) {
      return std::unexpected(error_from_errno(errno, "cannot move away", plan_.directory));
    }
    if (files_.rename(root, plan_.directory) != 0) {
      const int error_number = errno;
      files_.rename(old_.path(), plan_.directory);
      return std::unexpected(error_from_errno(error_number, "cannot give its name to", plan_.directory));
    }
    return sync_directory(fs::path(plan_.directory).parent_path(), files_);
  }

  const UnpackPlan& plan_;
  FileCalls& files_;
  WorkFolder work_;
  WorkFolder old_;
  std::vector<UnpackedFile> unpacked_{};
  std::vector<char> buffer_ = std::vector<char>(kChunkBytes);
};

bool has_size(const fs::path& file, std::string_view size) {
  std::error_code missing;
  const auto there = fs::file_size(file, missing);
  return !missing && parse_uint(size) == there;
}

}  // namespace

Result<void> unpack(const UnpackPlan& plan, FileCalls& files) {
  return Unpacking(plan, files).run();
}

bool is_unpacked(const std::string& directory, const std::string& identity) {
  const fs::path folder(directory);
  const std::string text = read_file(folder / kList).value_or("");
  const auto lines = split(text, '\n');
  if (identity.empty() || lines.size() < 4 || lines[0] != kListHead || lines[1] != identity) return false;
  if (!lines.back().empty()) return false;  // cut off
  for (std::size_t i = 2; i + 1 < lines.size(); ++i) {
    const auto space = lines[i].find(' ');
    if (space == std::string_view::npos) return false;
    if (!has_size(folder / lines[i].substr(space + 1), lines[i].substr(0, space))) return false;
  }
  return true;
}

}  // namespace tokcast
