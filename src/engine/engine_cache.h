// What an engine said of itself, remembered as a small JSON file until the engine's files change.
//
// Starting llama-bench costs some 30 ms, most of it for loading its libraries: too much for every command.
#ifndef TOKCAST_ENGINE_ENGINE_CACHE_H_
#define TOKCAST_ENGINE_ENGINE_CACHE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "engine/engine.h"

namespace tokcast {

// A number that changes when llama-bench in `directory` or the libraries beside it change: from their
// resolved paths, sizes and times. Stable between processes.
std::uint64_t engine_stamp(const std::string& directory);

// build, version and bench_options of an engine with this stamp; nullopt if nothing (readable) is kept.
std::optional<Engine> load_engine_facts(const std::string& cache_directory, std::uint64_t stamp);

// Failing to keep them only costs time later, so it is not reported.
void save_engine_facts(const std::string& cache_directory, std::uint64_t stamp, const Engine& engine);

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_ENGINE_CACHE_H_
