// The parts of the load: each starts its own servers, takes a bounded time, and tells what it saw in rows.
#ifndef TOKCAST_BENCH_SERVE_LOAD_LOAD_PARTS_H_
#define TOKCAST_BENCH_SERVE_LOAD_LOAD_PARTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "bench/serve_load/load_report.h"
#include "bench/serve_load/load_server.h"

namespace tokcast {

struct LoadOptions {
  std::string tokcast;        // the executable
  std::string model;          // a GGUF file that the engine serves
  std::string engine;         // the folder of llama-server
  std::string scratch;        // of ours alone: the servers' state
  std::uint32_t threads = 0;  // of the engine; 0: as the server chooses
  double seconds = 30;        // of each condition
  double overload_seconds = 60;
  int sockets = 2000;
  int half_open = 600;
  int cycles = 20'000;
  int tokens = 30;  // of a reply
};

using LoadRows = Result<std::vector<LoadRow>>;

// Errors: those of LoadServer::start.
Result<std::unique_ptr<LoadServer>> start_tokcast(
    const LoadOptions& options, std::vector<std::string> more = {},
    std::vector<std::pair<std::string, std::string>> environment = {});
// The engine's own front end. Errors: the same.
Result<std::unique_ptr<LoadServer>> start_engine(const LoadOptions& options);

// The loop's lag, inside and from outside, while the model, its loading and clients do their worst.
LoadRows lag_part(const LoadOptions& options);
// Half-sent requests and saturation against the engine's own front end.
LoadRows front_end_part(const LoadOptions& options);
// Idle WebSockets and besiegers.
LoadRows sockets_part(const LoadOptions& options);
// Connecting and going, over and over: descriptors and memory.
LoadRows cycles_part(const LoadOptions& options);
// From a cancel to the engine's free slot.
LoadRows cancel_part(const LoadOptions& options);
// Ten times as much as can be done.
LoadRows overload_part(const LoadOptions& options);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_SERVE_LOAD_LOAD_PARTS_H_
