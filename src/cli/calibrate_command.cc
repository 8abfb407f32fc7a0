// `tokcast calibrate`: the engine's kernels timed once, so that every model can be forecast.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/elapsed.h"
#include "base/text.h"
#include "cli/calibration_text.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/setting.h"
#include "engine/devices.h"
#include "forecast/engine_efficiency.h"
#include "forecast/kernel_rates_json.h"
#include "rehearse/calibration_json.h"
#include "rehearse/calibration_rates.h"
#include "rehearse/calibration_store.h"
#include "rehearse/thread_sweep.h"

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
constexpr Seconds kQuickAllowance{17};

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
                                            std::uint32_t threads, Seconds spent,
                                            const CalibrationStore& store) {
  const auto types = wanted_types(options);
  if (!types) return std::unexpected(types.error());
  std::optional<Calibration> known;
  if (!options.fresh) known = store.find(*setting.engine, setting.machine, threads);
  if (known && known->busy()) known.reset();
  CalibrationOptions wanted{.threads = threads,
                            .allowance = (options.quick ? kQuickAllowance : kAllowance) - spent};
  for (const GgmlType type : *types) {
    if (!known || !known->has(type)) wanted.types.push_back(type);
  }
  const bool whole = known && known->has_heads() && known->has_experts() && known->has_checks();
  if (whole && wanted.types.empty()) return std::move(*known);
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

// What is stored, or tried now; nullopt on a machine that is too busy to tell. Errors: those of
// sweep_threads.
Result<std::optional<ThreadSweep>> find_best_threads(const Options& options, const Setting& setting) {
  const ThreadSweepStore store = default_thread_sweep_store();
  if (!options.fresh) {
    auto known = store.find(*setting.engine, setting.machine);
    if (known && !known->busy()) return known;
  }
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  progress.begin("Trying thread counts");
  auto made = sweep_threads(*setting.engine, setting.machine,
                            [&progress](std::string_view step) { progress.detail(step); });
  if (!made) return std::unexpected(made.error());
  if (made->busy()) return std::nullopt;
  if (auto saved = store.save(*made); !saved) return std::unexpected(saved.error());
  return std::optional(std::move(*made));
}

std::optional<double> megahertz_now() {
  return read_facts("", "/").cpu.current_megahertz;
}

std::optional<EngineEfficiency> efficiency_of(const KernelRates& rates, const Setting& setting,
                                              const std::optional<ThreadSweep>& sweep) {
  if (!setting.profile) return std::nullopt;
  EngineFacts facts{.taken_by_others = rates.taken_by_others, .megahertz_now = megahertz_now()};
  if (sweep) facts.best_threads = sweep->best();
  if (const auto listed = list_devices(*setting.engine)) facts.variant = listed->cpu_variant;
  return engine_efficiency(rates, *setting.profile, facts);
}

Json efficiency_json(const std::optional<EngineEfficiency>& efficiency) {
  if (!efficiency) return {};
  return {{"decode_share", efficiency->decode_share},
          {"prefill_share", efficiency->prefill_share},
          {"bandwidth_share", efficiency->bandwidth_share},
          {"low", efficiency->low},
          {"causes", efficiency->causes}};
}

Result<ExitCode> run(const Options& options) {
  const auto setting = read_setting(options.common);
  if (!setting) return std::unexpected(setting.error());
  if (!setting->engine) return std::unexpected(setting->engine.error());
  const auto start = std::chrono::steady_clock::now();
  const auto sweep = find_best_threads(options, *setting);
  if (!sweep) return std::unexpected(sweep.error());
  const Seconds spent = since(start);
  const std::uint32_t usual = *sweep ? (*sweep)->best() : setting->machine.usable_threads();
  const auto calibration = calibrate_with_progress(options, *setting, options.threads.value_or(usual), spent,
                                                   default_calibration_store());
  if (!calibration) return std::unexpected(calibration.error());
  const auto rates = rates_from(*calibration);
  if (!rates) return std::unexpected(rates.error());
  const auto efficiency = efficiency_of(*rates, *setting, *sweep);
  if (options.common.json) {
    print_json({{"schema", "tokcast.calibrate/1"},
                {"rates", kernel_rates_to_json(*rates)},
                {"threads", *sweep ? thread_sweep_to_json(**sweep) : Json()},
                {"best_threads", *sweep ? Json((*sweep)->best()) : Json()},
                {"engine_efficiency", efficiency_json(efficiency)},
                {"calibration", calibration_to_json(*calibration)}});
  } else {
    print_text(calibration_page(*calibration, *rates, *sweep, efficiency, terminal_of(1)));
  }
  return ExitCode::kDone;
}

constexpr const char* kExamples = R"(Examples:
  tokcast calibrate                a minute, once for this machine and engine
  tokcast probe && tokcast calibrate         and how much of the hardware it uses
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
  parser->add_option("--threads", options->threads, "The best count, found by trying")
      ->check(CLI::Range(1U, 4096U))
      ->type_name("N");
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer(kExamples);
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
