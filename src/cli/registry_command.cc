// `tokcast registry`: which promises of a registry are false, and a registry whose promises are not.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "choose/registry_check.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/output.h"
#include "cli/registry_text.h"
#include "cli/setting.h"
#include "cli/tier_forecasts.h"

namespace tokcast {
namespace {

// Machines that many have, or had: a server of 2014, desktops, a laptop, a small board, cards.
constexpr std::array<const char*, 7> kKnownMachines{"2x E5-2660 v3 39GiB",
                                                    "Ryzen 9 7950X 32GiB",
                                                    "Ryzen 7 5800X 32GiB",
                                                    "4c avx2 2x ddr4-2666 16GiB",
                                                    "Raspberry Pi 5 8GiB",
                                                    "8c avx2 2x ddr4-3200 32GiB gpu RTX 3060 12GB",
                                                    "8c avx2 2x ddr5-5600 32GiB gpu RTX 4090"};

struct Options {
  std::optional<std::string> file{};
  std::vector<std::string> machines{};
  bool known = false;
  std::optional<std::string> output{};
  CommonOptions common{};
};

Result<Registry> registry_of(const Options& options) {
  return options.file ? read_registry(*options.file) : Result<Registry>(built_in_registry());
}

// nullopt: this one.
std::vector<std::optional<std::string>> machines_of(const Options& options) {
  std::vector<std::optional<std::string>> out(options.machines.begin(), options.machines.end());
  if (options.known) out.insert(out.end(), kKnownMachines.begin(), kKnownMachines.end());
  if (out.empty()) out.emplace_back();
  return out;
}

Result<CheckedMachine> check_on(const Registry& registry, const Options& options,
                                const std::optional<std::string>& machine) {
  CommonOptions common = options.common;
  common.machine = machine;
  const auto setting = read_setting(common);
  if (!setting) return std::unexpected(setting.error());
  TierForecasts forecasts(*setting);
  auto tiers = check_registry(registry, tier_machine_of(*setting), forecasts.function());
  if (!tiers) return std::unexpected(tiers.error());
  CheckedMachine out{setting->context(), std::move(*tiers)};
  if (machine && options.known) out.context.machine_name = *machine;  // tells cards apart
  return out;
}

ExitCode exit_code_of(PromiseStanding standing) {
  switch (standing) {
    case PromiseStanding::kFalse:
      return ExitCode::kBreaks;
    case PromiseStanding::kAtRisk:
      return ExitCode::kAtRisk;
    case PromiseStanding::kUnknown:
      return ExitCode::kFailed;
    default:
      return ExitCode::kDone;
  }
}

Result<ExitCode> run_check(const Options& options) {
  const auto registry = registry_of(options);
  if (!registry) return std::unexpected(registry.error());
  std::vector<CheckedMachine> checked;
  std::vector<TierCheck> all;
  for (const auto& machine : machines_of(options)) {
    auto one = check_on(*registry, options, machine);
    if (!one) return std::unexpected(one.error());
    all.insert(all.end(), one->tiers.begin(), one->tiers.end());
    checked.push_back(std::move(*one));
  }
  if (options.common.json) {
    print_json(registry_check_json(*registry, checked));
  } else {
    std::string out;
    for (const CheckedMachine& one : checked) {
      out += (out.empty() ? "" : "\n") + registry_check_text(*registry, one, terminal_of(1));
    }
    print_text(out);
    for (const std::string& note : registry->notes) say(printable(note));
  }
  return exit_code_of(worst_of(all));
}

Result<ExitCode> run_make(const Options& options) {
  const auto registry = registry_of(options);
  if (!registry) return std::unexpected(registry.error());
  const auto setting = read_setting(options.common);
  if (!setting) return std::unexpected(setting.error());
  TierForecasts forecasts(*setting);
  const auto made =
      make_registry(*registry, setting->machine.name, tier_machine_of(*setting), forecasts.function());
  if (!made) return std::unexpected(made.error());
  for (const auto& [tier, reason] : made->left_out) {
    say(fmt::format("{} is left out: {}", printable(tier), printable(reason)));
  }
  const Json document = registry_to_json(made->registry);
  if (!options.output) {
    print_json(document);
  } else if (auto written = write_file(*options.output, document.dump(1) + "\n"); !written) {
    return std::unexpected(written.error());
  }
  return made->registry.tiers.empty() ? ExitCode::kBreaks : ExitCode::kDone;
}

constexpr const char* kExamples = R"(Examples:
  tokcast registry check old-registry.json
  tokcast registry check old-registry.json --machine "2x E5-2660 v3 39GiB"
  tokcast registry check --known           the built-in one, on seven machines
  tokcast registry make                    with what can be promised here
  tokcast registry make --machine server.json --output registry.json

A registry is a JSON file of tiers, each with what it requires of a machine, its
models, and what it promises (docs/REGISTRY.md). Without FILE it is the one that
`tokcast setup` uses.
The exit code of check: 0 all promises are kept, 20 some at risk, 21 some false,
1 something cannot be forecast.)";

}  // namespace

Command add_registry(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("registry", "Tiers of models: which promises are false");
  CLI::App* check = parser->add_subcommand("check", "Which of its promises are false, by how much");
  check->add_option("FILE", options->file, "A registry (the built-in one)")->type_name("");
  check->add_option("--machine", options->machines, "Another: profile or words; may be repeated")
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("FILE|WORDS");
  check->add_flag("--known", options->known, "On seven machines that many have");
  options->common.add_engine_to(*check);
  options->common.add_json_to(*check);
  CLI::App* make = parser->add_subcommand("make", "A registry with what can be promised here");
  make->add_option("FILE", options->file, "Its tiers and models (the built-in ones)")->type_name("");
  options->common.add_machine_to(*make);
  options->common.add_engine_to(*make);
  make->add_option("--output", options->output, "Write it there instead of printing it")->type_name("FILE");
  parser->require_subcommand(1);
  for (CLI::App* one : {parser, check, make}) one->footer(kExamples);
  return {parser, [options, check] { return check->parsed() ? run_check(*options) : run_make(*options); }};
}

}  // namespace tokcast
