#include "bench/engine_variant.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

namespace tokcast {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKernels = "libggml-cpu-";

Result<std::string> temporary_folder() {
  std::string folder = (fs::temp_directory_path() / "engine-variant.XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr)
    return std::unexpected(error_from_errno(errno, "cannot create a folder", folder));
  return folder;
}

// Links are followed: the loader looks beside the file that it really is.
void copy_without_others(const fs::path& from, const fs::path& to, const std::string& kept) {
  fs::create_directories(to);
  for (const fs::directory_entry& entry : fs::directory_iterator(from)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kKernels) && name != kept) continue;
    if (entry.is_regular_file()) fs::copy_file(entry.path(), to / name);
  }
}

}  // namespace

Result<EngineVariant> EngineVariant::of(const Engine& engine, std::string_view variant) {
  if (variant.empty()) return EngineVariant(engine, "");
  const std::string kernels = fmt::format("{}{}.so", kKernels, variant);
  const fs::path bin(engine.directory);
  const fs::path lib = bin / "../lib";
  std::error_code unknown;
  if (!fs::exists(lib / kernels, unknown)) {
    return fail(ErrorKind::kNotFound, fmt::format("the engine has no kernels for {}", variant),
                engine.directory, "Use the one of `tokcast engine install`.");
  }
  const auto folder = temporary_folder();
  if (!folder) return std::unexpected(folder.error());
  EngineVariant made(engine, *folder);
  try {
    copy_without_others(bin, fs::path(*folder) / "bin", kernels);
    copy_without_others(lib, fs::path(*folder) / "lib", kernels);
  } catch (const fs::filesystem_error& error) {
    return fail(ErrorKind::kIo, error.code().message(), error.path1().string());
  }
  auto found = find_engine({.option = *folder + "/bin"});
  if (!found) return std::unexpected(found.error());
  made.engine_ = std::move(*found);
  return made;
}

EngineVariant::EngineVariant(EngineVariant&& other) noexcept
    : engine_(std::move(other.engine_)), folder_(std::exchange(other.folder_, {})) {}

EngineVariant::~EngineVariant() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

}  // namespace tokcast
