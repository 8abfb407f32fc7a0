#include "engine/engine.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "engine/engine_probe.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBench = "llama-bench";
constexpr Bytes kConfiguredFileLimit(8192);

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

std::string home_directory() {
  if (auto home = variable("HOME")) return *home;
  const passwd* user = getpwuid(getuid());
  return user == nullptr || user->pw_dir == nullptr ? "" : user->pw_dir;
}

// The XDG base directory specification: a relative path in the variable is to be ignored.
std::string xdg_directory(const char* name, const char* below_home) {
  const auto value = variable(name);
  if (value && value->starts_with('/')) return *value + "/tokcast";
  const std::string home = home_directory();
  return home.empty() ? "" : home + "/" + below_home + "/tokcast";
}

std::string joined(const std::string& directory, const char* name) {
  return directory.empty() ? "" : directory + "/" + name;
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// The directory that holds llama-bench, from what a user may name: that directory, one with bin/ in it, the
// file.
std::string directory_of(const std::string& named) {
  std::error_code ignored;
  fs::path path = fs::absolute(named, ignored).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // a trailing slash
  if (path.filename() == kBench && is_file(path)) return path.parent_path();
  if (!is_file(path / kBench) && is_file(path / "bin" / kBench)) return path / "bin";
  return path;
}

// The first executable llama-bench of PATH, as a shell would choose; relative entries are nobody's engine.
std::string directory_in_path(const std::string& path_variable) {
  for (const std::string_view entry : split(path_variable, ':')) {
    const std::string directory(entry);
    const std::string program = directory + "/" + kBench;
    if (directory.starts_with('/') && is_file(program) && access(program.c_str(), X_OK) == 0)
      return directory;
  }
  return "";
}

std::optional<std::string> configured_directory(const EngineSearch& search) {
  if (search.configured_file.empty()) return std::nullopt;
  const auto content = read_file(search.configured_file, kConfiguredFileLimit);
  if (!content) return std::nullopt;
  const std::string line(trim(split(*content, '\n').front()));
  return line.empty() ? std::nullopt : std::optional(line);
}

EngineCandidate candidate(const EngineSearch& search, EngineSource source, const std::string& directory) {
  return {source, directory, probe_engine(directory, source, search.cache_directory)};
}

const char* how_named(EngineSource source) {
  if (source == EngineSource::kOption) return "the engine named by --engine cannot be used: ";
  if (source == EngineSource::kEnvironment) return "the engine named by TOKCAST_ENGINE cannot be used: ";
  return "the engine chosen by `tokcast engine use` cannot be used: ";
}

// A place that a user named: what is wrong there is the answer, never a reason to look elsewhere.
EngineCandidate named_candidate(const EngineSearch& search, EngineSource source, const std::string& named) {
  EngineCandidate out = candidate(search, source, directory_of(named));
  if (!out.engine && out.engine.error().kind != ErrorKind::kInterrupted) {
    Error& error = out.engine.error();
    error.kind = ErrorKind::kEngineFailed;
    error.message.insert(0, how_named(source));
  }
  return out;
}

std::optional<EngineCandidate> named_engine(const EngineSearch& search) {
  if (search.option) return named_candidate(search, EngineSource::kOption, *search.option);
  if (search.environment) return named_candidate(search, EngineSource::kEnvironment, *search.environment);
  if (const auto configured = configured_directory(search)) {
    return named_candidate(search, EngineSource::kConfigured, *configured);
  }
  return std::nullopt;
}

EngineCandidate path_candidate(const EngineSearch& search) {
  const std::string directory = directory_in_path(search.path_variable);
  if (!directory.empty()) return candidate(search, EngineSource::kPath, directory);
  return {EngineSource::kPath, "", fail(ErrorKind::kNotFound, "there is no llama-bench in PATH")};
}

EngineCandidate private_candidate(const EngineSearch& search) {
  if (search.private_directory.empty()) {
    return {EngineSource::kPrivate, "",
            fail(ErrorKind::kNotFound, "there is no home directory for a private engine")};
  }
  return candidate(search, EngineSource::kPrivate, directory_of(search.private_directory));
}

}  // namespace

std::string default_private_directory() {
  return joined(xdg_directory("XDG_DATA_HOME", ".local/share"), "engine");
}

EngineSearch default_engine_search(std::optional<std::string> option) {
  return {.option = std::move(option),
          .environment = variable("TOKCAST_ENGINE"),
          .configured_file = joined(xdg_directory("XDG_CONFIG_HOME", ".config"), "engine"),
          .path_variable = variable("PATH").value_or(""),
          .private_directory = default_private_directory(),
          .cache_directory = joined(xdg_directory("XDG_CACHE_HOME", ".cache"), "engines")};
}

Result<Engine> find_engine(const EngineSearch& search) {
  if (auto named = named_engine(search)) return std::move(named->engine);
  auto in_path = path_candidate(search).engine;
  if (in_path || in_path.error().kind == ErrorKind::kInterrupted) return in_path;
  auto own = private_candidate(search).engine;
  if (own || own.error().kind == ErrorKind::kInterrupted) return own;
  if (own.error().kind != ErrorKind::kNotFound) return own;
  if (in_path.error().kind != ErrorKind::kNotFound) return in_path;
  return fail(ErrorKind::kNotFound, "no llama.cpp was found: no llama-bench in PATH and no private one",
              search.private_directory, "Run `tokcast engine install`, or name one with --engine DIR.");
}

std::vector<EngineCandidate> list_engines(const EngineSearch& search) {
  std::vector<EngineCandidate> out;
  if (search.option) out.push_back(named_candidate(search, EngineSource::kOption, *search.option));
  if (search.environment)
    out.push_back(named_candidate(search, EngineSource::kEnvironment, *search.environment));
  if (const auto configured = configured_directory(search)) {
    out.push_back(named_candidate(search, EngineSource::kConfigured, *configured));
  }
  out.push_back(path_candidate(search));
  out.push_back(private_candidate(search));
  return out;
}

Result<Engine> use_engine(const EngineSearch& search, const std::string& directory) {
  const std::string resolved = directory_of(directory);
  if (resolved.find('\n') != std::string::npos) {
    return fail(ErrorKind::kUsage, "a directory with a line break in its name cannot be remembered",
                resolved);
  }
  auto engine = probe_engine(resolved, EngineSource::kConfigured, search.cache_directory);
  if (!engine) return engine;
  auto written = write_file(search.configured_file, resolved + "\n");
  if (!written) return std::unexpected(written.error());
  return engine;
}

}  // namespace tokcast
