// Asking one llama-bench what it is: its version, its options, and whether it is one at all.
#ifndef TOKCAST_ENGINE_ENGINE_PROBE_H_
#define TOKCAST_ENGINE_ENGINE_PROBE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"

namespace tokcast {

// The options in llama-bench's help: "  -fa, --flash-attn <on|off|auto>   (default: auto)" gives both
// names the value "<on|off|auto>". Empty if this is not such a help text.
std::map<std::string, std::string> parse_bench_help(std::string_view help);

struct EngineVersion {
  std::uint64_t build = 0;
  std::string text;  // what follows "version: "
};

// "version: 0.7.0 (build 11669, commit Debian)" and the older "version: 4321 (abcdef)". nullopt for anything
// else.
std::optional<EngineVersion> parse_version(std::string_view output);

// The engine in `directory`, which must hold llama-bench itself. Asks at most 10 s; what was learned is kept
// in `cache_directory` (may be empty) until the files change, so that asking again costs no process. Errors:
// kNotFound (no llama-bench there), kEngineFailed (another program, too old, cannot run), kInterrupted.
Result<Engine> probe_engine(const std::string& directory, EngineSource source,
                            const std::string& cache_directory);

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_ENGINE_PROBE_H_
