// `tokcast models --here`: the models on this machine, each with its verdict.
#ifndef TOKCAST_CLI_MODELS_HERE_H_
#define TOKCAST_CLI_MODELS_HERE_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/common_options.h"
#include "cli/exit_code.h"
#include "cli/workload_options.h"

namespace tokcast {

struct ModelsHereOptions {
  std::vector<std::string> folders{};
  WorkloadOptions workload{};  // its use; the flags of a turn are those of `forecast`
  CommonOptions common{};
  bool json = false;

  void add_to(CLI::App& parser);
};

// Those with `word` in their name. Done also if there is none. Errors: those of read_setting.
Result<ExitCode> models_here(const ModelsHereOptions& options, const std::string& word);

}  // namespace tokcast

#endif  // TOKCAST_CLI_MODELS_HERE_H_
