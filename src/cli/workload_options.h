// The flags that describe a turn, the same for every command that forecasts.
#ifndef TOKCAST_CLI_WORKLOAD_OPTIONS_H_
#define TOKCAST_CLI_WORKLOAD_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "forecast/forecast.h"
#include "machine/machine.h"

namespace tokcast {

struct WorkloadOptions {
  Workload given{};
  double turn_budget = 10;
  std::optional<double> first_token_budget{};
  std::optional<std::uint64_t> context{};
  std::optional<std::uint32_t> threads{};
  std::string gpu_layers = "auto";
  std::string kv_type = "f16";
  std::string flash_attention = "auto";

  // Must live at this address until parsing is done.
  void add_to(CLI::App& parser);

  // The workload asked for. A context that was not given grows to hold the turn. Errors: those of
  // check_workload.
  Result<Workload> workload() const;

  // Errors: kUsage for a type that the engine's caches cannot have.
  Result<void> set_cache(Workload& out) const;

  // Unless the processor alone was asked for.
  bool wants_gpu() const { return gpu_layers != "0"; }

  // As given, else as many as make sense on this machine.
  std::uint32_t threads_on(const Machine& machine) const {
    return threads.value_or(machine.usable_threads());
  }
};

// "a 30-token reply to a 128-token prompt".
std::string turn_in_words(const Workload& workload);

// For options whose value is a positive number of seconds.
CLI::Validator positive_seconds();

}  // namespace tokcast

#endif  // TOKCAST_CLI_WORKLOAD_OPTIONS_H_
