#include "engine/small_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace tokcast {

std::optional<std::string> read_small_file(const std::string& path, Bytes limit) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::string content(limit.value + 1, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad() || !in.eof() || content.size() > limit.value) return std::nullopt;
  return content;
}

Result<void> write_small_file(const std::string& path, std::string_view content) {
  const std::filesystem::path target(path);
  std::error_code error;
  std::filesystem::create_directories(target.parent_path(), error);
  if (error)
    return std::unexpected(error_from_errno(error.value(), "cannot make this folder", target.parent_path()));
  const std::string temporary = path + ".new-" + std::to_string(getpid());
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error_number = errno;
    std::filesystem::remove(temporary, error);
    return std::unexpected(error_from_errno(error_number, "cannot write this file", path));
  }
  return {};
}

}  // namespace tokcast
