#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/text.h"

namespace tokcast {
namespace {

std::string xdg_directory(const char* variable, const char* below_home) {
  const char* set = getenv(variable);
  if (set != nullptr && set[0] == '/')
    return std::string(set) + "/tokcast";  // XDG: relative paths are ignored
  const char* home = getenv("HOME");
  return std::string(home == nullptr ? "" : home) + below_home + "/tokcast";
}

Result<void> write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t count = write(fd, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(error_from_errno(errno, "cannot write", path));
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  if (fsync(fd) != 0) return std::unexpected(error_from_errno(errno, "cannot flush to disk", path));
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path, Bytes limit) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO must not hold us up
  if (fd < 0) return std::unexpected(error_from_errno(errno, "cannot open", path));
  std::string content;
  std::array<char, 65536> chunk{};
  ssize_t count = 0;
  while ((count = read(fd, chunk.data(), chunk.size())) > 0 && content.size() <= limit.value) {
    content.append(chunk.data(), static_cast<std::size_t>(count));
  }
  const int error_number = errno;
  close(fd);
  if (count < 0) return std::unexpected(error_from_errno(error_number, "cannot read", path));
  if (content.size() > limit.value) {
    return fail(ErrorKind::kBadInput, "file larger than " + format_bytes(limit), path);
  }
  return content;
}

std::optional<std::string> read_line(const std::string& path) {
  auto content = read_file(path, Bytes(4 * kMebi.value));
  if (!content) return std::nullopt;
  return std::string(trim(*content));
}

Result<void> write_file(const std::string& path, std::string_view content) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  const std::string temporary = fmt::format("{}.{}.tmp", path, getpid());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return std::unexpected(error_from_errno(errno, "cannot create", temporary));
  auto written = write_all(fd, content, temporary);
  close(fd);
  if (written && rename(temporary.c_str(), path.c_str()) != 0) {
    written = std::unexpected(error_from_errno(errno, "cannot replace", path));
  }
  if (!written) unlink(temporary.c_str());
  return written;
}

std::string cache_directory() {
  return xdg_directory("XDG_CACHE_HOME", "/.cache");
}
std::string config_directory() {
  return xdg_directory("XDG_CONFIG_HOME", "/.config");
}
std::string data_directory() {
  return xdg_directory("XDG_DATA_HOME", "/.local/share");
}

std::string state_directory() {
  return xdg_directory("XDG_STATE_HOME", "/.local/state");
}

std::string stable_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return fmt::format("{:016x}", hash);
}

}  // namespace tokcast
