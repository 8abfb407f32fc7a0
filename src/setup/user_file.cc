#include "setup/user_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/file.h"

namespace tokcast {
namespace {

constexpr Bytes kMost{1 << 20};
constexpr mode_t kPrivate = 0600;

// What a symbolic link leads to, so that the link stays one.
std::string real_path(const std::string& path) {
  std::error_code failure;
  if (!std::filesystem::is_symlink(path, failure)) return path;
  const auto target = std::filesystem::weakly_canonical(path, failure);
  return failure ? path : target.string();
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// A new name is on the disk only once its folder is.
void flush_folder(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  const Descriptor open_folder(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (open_folder.number() >= 0) fsync(open_folder.number());
}

Result<void> replace(const std::string& path, std::string_view content, mode_t mode) {
  std::error_code ignored;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  const std::string temporary = fmt::format("{}.{}.tmp", path, getpid());
  {
    const Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kPrivate));
    if (file.number() < 0) return std::unexpected(error_from_errno(errno, "cannot create", temporary));
    const bool written =
        write_all(file.number(), content) && fchmod(file.number(), mode) == 0 && fsync(file.number()) == 0;
    if (!written) {
      const int failure = errno;
      unlink(temporary.c_str());
      return std::unexpected(error_from_errno(failure, "cannot write", temporary));
    }
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const int failure = errno;
    unlink(temporary.c_str());
    return std::unexpected(error_from_errno(failure, "cannot replace", path));
  }
  flush_folder(path);
  return {};
}

mode_t mode_of(const std::string& path) {
  struct stat facts{};
  return stat(path.c_str(), &facts) == 0 ? facts.st_mode & 0777U : kPrivate;
}

}  // namespace

Result<std::optional<std::string>> read_user_file(const std::string& path) {
  std::error_code failure;
  const auto status = std::filesystem::status(path, failure);
  if (status.type() == std::filesystem::file_type::not_found) return std::nullopt;
  if (!std::filesystem::is_regular_file(status)) {
    return fail(ErrorKind::kBadInput, "this is no file that could be read and replaced", path,
                "Name another one.");
  }
  auto content = read_file(path, kMost);
  if (!content) return std::unexpected(content.error());
  return std::optional(std::move(*content));
}

Result<UserFileChange> change_user_file(const std::string& path, std::string_view content, bool keep_before) {
  const auto before = read_user_file(path);
  if (!before) return std::unexpected(before.error());
  if (*before == content) return UserFileChange{};
  const std::string target = real_path(path);
  const mode_t mode = mode_of(target);
  UserFileChange out{.changed = true};
  if (*before && keep_before) {
    out.backup = fmt::format("{}.before-{}", path, stable_hash(**before).substr(0, 8));
    if (!std::filesystem::exists(out.backup)) {
      if (auto kept = replace(out.backup, **before, mode); !kept) return std::unexpected(kept.error());
    }
  }
  if (auto replaced = replace(target, content, mode); !replaced) return std::unexpected(replaced.error());
  return out;
}

}  // namespace tokcast
