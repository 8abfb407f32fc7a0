#include "bench/serve_load/load_parts.h"

#include <algorithm>
#include <utility>

namespace tokcast {

Result<std::unique_ptr<LoadServer>> start_tokcast(
    const LoadOptions& options, std::vector<std::string> more,
    std::vector<std::pair<std::string, std::string>> environment) {
  const std::uint16_t port = free_port();
  const bool is_elsewhere = std::ranges::count(more, "--remote") > 0;
  ChildOptions child{.arguments = {options.tokcast, "serve"}};
  if (!is_elsewhere) child.arguments.push_back(options.model);
  child.arguments.insert(child.arguments.end(), {"--port", std::to_string(port)});
  if (options.threads > 0 && !is_elsewhere) {
    child.arguments.insert(child.arguments.end(), {"--threads", std::to_string(options.threads)});
  }
  child.arguments.insert(child.arguments.end(), more.begin(), more.end());
  // These turns are nobody's promise.
  child.environment = {{"XDG_STATE_HOME", options.scratch}, {"TOKCAST_ENGINE", options.engine}};
  child.environment.insert(child.environment.end(), environment.begin(), environment.end());
  return LoadServer::start(child, port, "/readyz");
}

Result<std::unique_ptr<LoadServer>> start_engine(const LoadOptions& options) {
  const std::uint16_t port = free_port();
  ChildOptions child{.arguments = {options.engine + "/llama-server", "--model", options.model, "--host",
                                   "127.0.0.1", "--port", std::to_string(port), "--ctx-size", "4096",
                                   "--parallel", "1"}};
  if (options.threads > 0) {
    child.arguments.insert(child.arguments.end(), {"--threads", std::to_string(options.threads)});
  }
  child.environment = {{"LLAMA_ARG_OFFLINE", "1"}, {"LLAMA_ARG_UI", "0"}, {"LLAMA_ARG_CACHE_RAM", "0"}};
  return LoadServer::start(child, port, "/health");
}

}  // namespace tokcast
