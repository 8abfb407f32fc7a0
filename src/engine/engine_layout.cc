#include "engine/engine_layout.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/text.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kTools{"bench", "server", "quantize", "batched-bench",
                                                 "fit-params"};

std::unexpected<Error> incomplete(const std::string& what, const fs::path& place) {
  return fail(ErrorKind::kEngineFailed, "the fetched packages do not make an engine: they hold no " + what,
              place, "Try another suite, or install llama.cpp another way and run `tokcast engine use DIR`.");
}

Result<void> move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
    return std::unexpected(error_from_errno(error.value(), "cannot move this file into place", from));
  return {};
}

// The folder with the C library: usr/lib/<triplet>, whatever the machine's triplet is.
std::optional<fs::path> find_library_folder(const fs::path& root) {
  for (const char* base : {"usr/lib", "lib"}) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(root / base, ignored)) {
      if (fs::exists(entry.path() / "libc.so.6", ignored)) return entry.path();
    }
  }
  return std::nullopt;
}

bool is_library(const fs::path& path) {
  return path.filename().string().find(".so") != std::string::npos;
}

// Libraries of the programs (llama/) and backends (ggml/backends*/) come flat beside all others.
Result<void> gather_libraries(const fs::path& folder, const fs::path& target) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (is_library(entry.path()) && !entry.is_directory(error)) found.push_back(entry.path());
  }
  for (const char* own : {"llama", "ggml"}) {
    for (const auto& entry : fs::recursive_directory_iterator(folder / own, error)) {
      if (is_library(entry.path()) && !entry.is_directory(error)) found.push_back(entry.path());
    }
  }
  for (const fs::path& library : found) {
    if (auto moved = move_file(library, target / library.filename()); !moved) return moved;
  }
  return {};
}

// "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "ld64.so.2" ...
std::optional<std::string> find_loader(const fs::path& libraries) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(libraries, ignored)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("ld-linux") || name.starts_with("ld64.so")) return name;
  }
  return std::nullopt;
}

// Starts the program without another process in between, and also through a symbolic link to the script.
std::string starter_script(std::string_view loader, std::string_view tool) {
  return fmt::format(
      "#!/bin/sh\n"
      "self=$0\n"
      "if [ -h \"$self\" ]; then self=$(readlink -f \"$self\"); fi\n"
      "case $self in */*) ;; *) self=./$self ;; esac\n"
      "home=${{self%/*}}/..\n"
      "exec \"$home/lib/{}\" --argv0 \"$0\" --library-path \"$home/lib\" \"$home/bin/llama-{}.bin\" \"$@\"\n",
      loader, tool);
}

Result<void> place_tool(const fs::path& program, const fs::path& target, std::string_view loader,
                        std::string_view tool) {
  const fs::path script = target / "bin" / fmt::format("llama-{}", tool);
  auto done = move_file(program, script.string() + ".bin");
  if (done) done = write_file(script, starter_script(loader, tool));
  if (done && chmod(script.c_str(), 0755) != 0) {
    return std::unexpected(error_from_errno(errno, "cannot make this script executable", script));
  }
  return done;
}

Result<void> make_folders(const fs::path& target) {
  for (const char* folder : {"bin", "lib"}) {
    std::error_code error;
    fs::create_directories(target / folder, error);
    if (error)
      return std::unexpected(error_from_errno(error.value(), "cannot make this folder", target / folder));
  }
  return {};
}

}  // namespace

Result<void> arrange_engine(const std::string& root, const std::string& target) {
  const fs::path to(target);
  const auto folder = find_library_folder(root);
  if (!folder) return incomplete("C library", root);
  if (auto made = make_folders(to); !made) return made;
  if (auto gathered = gather_libraries(*folder, to / "lib"); !gathered) return gathered;
  const auto loader = find_loader(to / "lib");
  if (!loader) return incomplete("program loader", root);
  for (const std::string_view tool : kTools) {
    const fs::path program = fs::path(root) / "usr/bin" / fmt::format("llama-{}", tool);
    std::error_code ignored;
    if (!fs::is_regular_file(program, ignored)) continue;
    if (auto placed = place_tool(program, to, *loader, tool); !placed) return placed;
  }
  if (!fs::exists(to / "bin/llama-bench")) return incomplete("llama-bench", root);
  return {};
}

std::string package_of_archive(const std::string& archive) {
  const std::string stem = fs::path(archive).stem();
  const auto parts = split(stem, '_');
  std::string version(parts.size() > 1 ? parts[1] : "");
  if (const auto epoch = version.find("%3a"); epoch != std::string::npos) version.replace(epoch, 3, ":");
  return version.empty() ? stem : std::string(parts[0]) + " " + version;
}

Bytes size_of_directory(const std::string& directory) {
  Bytes total;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(directory, error)) {
    const bool file = !entry.is_symlink(error) && entry.is_regular_file(error);
    const auto size = file ? entry.file_size(error) : 0;
    if (!error) total += Bytes(size);
  }
  return total;
}

}  // namespace tokcast
