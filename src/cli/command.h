// A command: its options, declared on the parser, and what runs once they are parsed. One file each.
#ifndef TOKCAST_CLI_COMMAND_H_
#define TOKCAST_CLI_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "base/result.h"
#include "cli/exit_code.h"

namespace tokcast {

struct Command {
  CLI::App* parser = nullptr;               // owned by the root parser
  std::function<Result<ExitCode>()> run{};  // after parsing; what it captures it owns
};

Command add_recommend(CLI::App& root);
Command add_forecast(CLI::App& root);
Command add_rehearse(CLI::App& root);
Command add_calibrate(CLI::App& root);
Command add_models(CLI::App& root);
Command add_engine(CLI::App& root);
Command add_probe(CLI::App& root);
Command add_pull(CLI::App& root);
Command add_registry(CLI::App& root);
Command add_setup(CLI::App& root);
Command add_bench(CLI::App& root);
Command add_promises(CLI::App& root);
Command add_report(CLI::App& root);
Command add_gather(CLI::App& root);
Command add_completion(CLI::App& root);
Command add_man(CLI::App& root);
Command add_gpu_library(CLI::App& root);

// For `tokcast models`, which runs it in its own stead.
Command add_models_show(CLI::App& models);

}  // namespace tokcast

#endif  // TOKCAST_CLI_COMMAND_H_
