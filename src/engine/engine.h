// The engine: an external llama.cpp, found, named and driven as a child process; never linked in.
//
// What the user will really run is what gets measured. Other engines can be added behind the same values.
#ifndef TOKCAST_ENGINE_ENGINE_H_
#define TOKCAST_ENGINE_ENGINE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

// How an engine was found, in the order in which they are tried.
enum class EngineSource { kOption, kEnvironment, kConfigured, kPath, kPrivate };

struct Engine {
  std::string name = "llama.cpp";
  std::string directory;  // holds llama-bench and, if present, llama-server ...
  EngineSource source = EngineSource::kPrivate;
  std::uint64_t build = 0;  // "build 11669"
  std::string version;      // as printed: "0.7.0 (build 11669, commit Debian)"
  // One word that changes when the engine changes: part of every cache key. "llama.cpp-b11669-<8 hex>"
  std::string identity;
  // What llama-bench takes, from its own help: "-fa" -> "<on|off|auto>", "-v" -> "". Empty: not asked, taken
  // as today's.
  std::map<std::string, std::string> bench_options{};

  std::string executable(const std::string& tool) const { return directory + "/llama-" + tool; }
};

// Where tokcast looks, as values, so that tests can point elsewhere.
struct EngineSearch {
  std::optional<std::string> option{};       // --engine DIR|FILE
  std::optional<std::string> environment{};  // TOKCAST_ENGINE
  std::string configured_file;               // written by `engine use`; may not exist
  std::string path_variable;                 // PATH
  std::string private_directory;             // of `engine install` (holds bin/); may not exist
  std::string cache_directory{};  // remembers what an engine said of itself; empty: ask it each time
};

// From the process environment and XDG directories.
EngineSearch default_engine_search(std::optional<std::string> option = std::nullopt);

// Where `engine install` puts the private engine: XDG_DATA_HOME/tokcast/engine. Empty if there is no home.
std::string default_private_directory();

// The first engine in the order of EngineSource that works. A place is a directory that holds llama-bench (or
// bin/ with it), or the file llama-bench itself. An engine that was named (option, environment, configured)
// but does not work is an error, not a reason to look further. Errors: kNotFound (none anywhere; fix:
// `tokcast engine install`), kEngineFailed (not llama-bench, too old, cannot start; says why).
Result<Engine> find_engine(const EngineSearch& search);

// Every place looked at, with the engine there or why it cannot be used. For `engine list`.
struct EngineCandidate {
  EngineSource source;
  std::string directory;
  Result<Engine> engine;
};
std::vector<EngineCandidate> list_engines(const EngineSearch& search);

// Remembers `directory` as the engine to use, after checking that it works.
// Errors: as find_engine for a named engine; kIo, kDiskFull (cannot write configured_file).
Result<Engine> use_engine(const EngineSearch& search, const std::string& directory);

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_ENGINE_H_
