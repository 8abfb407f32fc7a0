// The flags that describe a turn, the same for every command that forecasts.
#ifndef TOKCAST_CLI_WORKLOAD_OPTIONS_H_
#define TOKCAST_CLI_WORKLOAD_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "choose/use.h"
#include "forecast/forecast.h"

namespace tokcast {

// What was not given is as in the use.
struct WorkloadOptions {
  std::string use_name{"voice"};
  std::optional<std::uint64_t> prompt{};
  std::optional<std::uint64_t> cached{};
  std::optional<std::uint64_t> reply{};
  std::optional<std::uint64_t> depth{};
  std::optional<std::uint64_t> context{};
  std::optional<std::uint32_t> sessions{};
  std::optional<double> turn_budget{};
  std::optional<double> first_token_budget{};
  std::optional<std::uint32_t> threads{};
  std::string gpu_layers = "auto";
  std::string kv_type = "f16";
  bool voice = false;
  std::string flash_attention = "auto";

  // Must live at this address until parsing is done.
  void add_to(CLI::App& parser);

  // The workload asked for. A context that was not given grows to hold the turn. Errors: those of find_use
  // and check_workload.
  Result<Workload> workload() const;

  // The use with this workload in its place. Errors: as workload().
  Result<Use> use() const;
  // Errors: kUsage for a type that the engine's caches cannot have.
  Result<void> set_cache(Workload& out) const;

  // Unless the processor alone was asked for.
  bool wants_gpu() const { return gpu_layers != "0"; }
};

// "a 30-token reply to a 128-token prompt".
std::string turn_in_words(const Workload& workload);

// For options whose value is a positive number of seconds.
CLI::Validator positive_seconds();
// The same, or 0.
CLI::Validator seconds_or_none();

}  // namespace tokcast

#endif  // TOKCAST_CLI_WORKLOAD_OPTIONS_H_
