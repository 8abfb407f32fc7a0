// `tokcast calibrate`: the engine's kernels timed once, so that every model can be forecast.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/calibration_text.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/setting.h"
#include "cli/workload_options.h"
#include "forecast/kernel_rates_json.h"
#include "rehearse/calibration_json.h"
#include "rehearse/calibration_rates.h"
#include "rehearse/calibration_store.h"

namespace tokcast {
namespace {

struct Options {
  bool quick = false;
  bool fresh = false;
  std::optional<std::uint32_t> threads{};
  std::vector<std::string> types{};
  CommonOptions common{};
};

constexpr Seconds kAllowance{55};
constexpr Seconds kQuickAllowance{18};

Result<std::vector<GgmlType>> wanted_types(const Options& options) {
  std::vector<GgmlType> out;
  for (const std::string& name : options.types) {
    const auto type = find_type(name);
    if (!type || !is_weight_type(type->type)) {
      return fail(ErrorKind::kUsage, fmt::format("no type of weights is called '{}'", printable(name)),
                  "--types", "Types are Q4_K, Q6_K, Q8_0, IQ4_XS, F16 and so on.");
    }
    out.push_back(type->type);
  }
  if (!out.empty()) return out;
  out = calibrated_types();
  if (options.quick) out.resize(kQuickTypes);
  return out;
}

Result<Calibration> calibrate_with_progress(const Options& options, const Setting& setting,
                                            std::uint32_t threads, const CalibrationStore& store) {
  const auto types = wanted_types(options);
  if (!types) return std::unexpected(types.error());
  std::optional<Calibration> known;
  if (!options.fresh) known = store.find(*setting.engine, setting.machine, threads);
  CalibrationOptions wanted{.threads = threads, .allowance = options.quick ? kQuickAllowance : kAllowance};
  for (const GgmlType type : *types) {
    if (!known || !known->has(type)) wanted.types.push_back(type);
  }
  if (known && wanted.types.empty()) return std::move(*known);
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  progress.begin(fmt::format("Calibrating with {} threads", threads));
  wanted.progress = [&progress](std::string_view step) { progress.detail(step); };
  wanted.keep = [&store](const Calibration& so_far) {
    [[maybe_unused]] const Result<void> saved = store.save(so_far);  // the last one tells
  };
  auto made = calibrate(*setting.engine, setting.machine, wanted, std::move(known));
  if (made) {
    if (auto saved = store.save(*made); !saved) return std::unexpected(saved.error());
  }
  return made;
}

Result<ExitCode> run(const Options& options) {
  const auto setting = read_setting(options.common);
  if (!setting) return std::unexpected(setting.error());
  if (!setting->engine) return std::unexpected(setting->engine.error());
  const std::uint32_t threads = options.threads.value_or(setting->machine.usable_threads());
  const auto calibration = calibrate_with_progress(options, *setting, threads, default_calibration_store());
  if (!calibration) return std::unexpected(calibration.error());
  const auto rates = rates_from(*calibration);
  if (!rates) return std::unexpected(rates.error());
  if (options.common.json) {
    print_json({{"schema", "tokcast.calibrate/1"},
                {"rates", kernel_rates_to_json(*rates)},
                {"calibration", calibration_to_json(*calibration)}});
  } else {
    print_text(calibration_page(*calibration, *rates, terminal_of(1)));
  }
  return ExitCode::kDone;
}

constexpr const char* kExamples = R"(Examples:
  tokcast calibrate                a minute, once for this machine and engine
  tokcast calibrate --quick        the commonest types only, within 20 s
  tokcast calibrate --types IQ2_XS --json

Afterwards `tokcast forecast` answers for every model, without a rehearsal.)";

}  // namespace

Command add_calibrate(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("calibrate", "Time the engine's kernels, once");
  parser->add_flag("--quick", options->quick, "The commonest types only, within 20 s");
  parser->add_flag("--fresh", options->fresh, "Even if there is a stored one");
  parser->add_option("--types", options->types, "Only these types of weights")->delimiter(',');
  parser->add_option("--threads", options->threads, "As `tokcast forecast` uses by default")
      ->check(CLI::Range(1U, 4096U))
      ->type_name("N");
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
