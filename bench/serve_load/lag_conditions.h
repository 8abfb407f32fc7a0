// What a server may suffer while its loop's lag is measured.
#ifndef TOKCAST_BENCH_SERVE_LOAD_LAG_CONDITIONS_H_
#define TOKCAST_BENCH_SERVE_LOAD_LAG_CONDITIONS_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/serve_load/load_parts.h"

namespace tokcast {

struct LagCondition {
  std::string name;
  // Lasts LoadOptions::seconds, or until it is over; what it returns is added to the row ("": nothing).
  std::function<std::string(const LoadServer&)> act;
  std::vector<std::string> arguments{};  // of the server, after its own
  std::vector<std::pair<std::string, std::string>> environment{};
};

// `elsewhere` is the URL of an engine that a server can hand its turns to. `options` must outlive them.
std::vector<LagCondition> lag_conditions(const LoadOptions& options, const std::string& elsewhere);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_SERVE_LOAD_LAG_CONDITIONS_H_
