#include "cli/setting.h"

#include <fmt/format.h>

#include "cli/output.h"
#include "forecast/engine_efficiency.h"
#include "forecast/estimated.h"
#include "forecast/load.h"
#include "machine/find_machine.h"
#include "machine/known_parts.h"
#include "machine/profile_store.h"
#include "rehearse/calibration_rates.h"
#include "rehearse/extend.h"
#include "rehearse/thread_sweep.h"

namespace tokcast {
namespace {

// Of all cards together; nullopt if one has no memory of its own or does not say.
std::optional<MemoryBound> memory_of(const std::vector<Card>& cards) {
  Bytes sum{};
  std::uint32_t devices = 0;
  for (const Card& card : cards) {
    if (!card.memory) return std::nullopt;
    sum += *card.memory;
    devices += card.hardware.devices;
  }
  if (devices == 0) return std::nullopt;
  return MemoryBound{sum, devices == 1 ? "memory of the GPU" : "memory of the GPUs"};
}

// Why it is low `tokcast calibrate` tells: asking the engine what it runs takes time.
void note_low_efficiency(std::optional<KernelRates>& rates, const std::optional<Profile>& profile) {
  const auto found = rates && profile ? engine_efficiency(*rates, *profile, {}) : std::nullopt;
  if (!found || !found->low) return;
  rates->source += fmt::format(
      "; the engine reaches {:.0f} % in decode and {:.0f} % in prefill of what this "
      "processor allows (`tokcast calibrate` tells why)",
      100 * found->decode_share, 100 * found->prefill_share);
}

}  // namespace

std::uint32_t Setting::threads(std::optional<std::uint32_t> given) const {
  return given.value_or(best_threads.value_or(machine.usable_threads()));
}

ForecastContext Setting::context() const {
  ForecastContext out{.machine_name = machine.name, .machine_profile_id = machine.identity()};
  out.elsewhere = elsewhere;
  if (!engine || elsewhere) return out;
  out.engine_name = engine->name;
  out.engine_build = engine->version;
  return out;
}

std::vector<Card> Setting::cards() const {
  return elsewhere && profile ? cards_of(*profile) : std::vector<Card>{};
}

MemoryLimits Setting::memory_bound(bool on_gpu) const {
  MemoryLimits out;
  if (on_gpu) out.cards = memory_of(cards());
  if (const auto limit = machine.memory_limit()) out.main = MemoryBound{limit->bytes, limit->from};
  return out;
}

std::optional<BytesPerSecond> Setting::disk_read_rate() const {
  return profile ? profile->facts.disk.read_rate : std::nullopt;
}

Ladder Setting::ladder(std::uint32_t threads, bool on_gpu) const {
  Ladder out;
  if (on_gpu) out.cards = cards();
  if (engine) {
    if (const auto calibration = calibrations.find(*engine, machine, threads)) {
      if (auto rates = rates_from(*calibration)) out.calibrated = std::move(*rates);
    }
  }
  out.can_calibrate = engine && !elsewhere;
  note_low_efficiency(out.calibrated, profile);
  const Profile known = profile ? *profile : Profile{.limits = machine, .facts = read_facts("", "/")};
  if (auto rates = estimated_rates(known, threads)) out.estimated = std::move(*rates);
  out.hardware = hardware_of(known, threads);
  return out;
}

Result<Setting> read_setting(const CommonOptions& options) {
  Machine machine;
  std::optional<Profile> profile;
  if (options.machine) {
    auto found = find_machine(*options.machine);
    if (!found) return std::unexpected(found.error());
    profile = std::move(*found);
    machine = profile->limits;
  } else {
    machine = read_machine();
    profile = find_profile(default_profile_path(), machine);
  }
  Setting out{.machine = std::move(machine),
              .elsewhere = options.machine.has_value(),
              .profile = std::move(profile),
              .engine = find_engine(default_engine_search(options.engine)),
              .store = default_rehearsal_store(),
              .calibrations = default_calibration_store()};
  if (out.elsewhere || !out.engine) return out;
  out.past = std::make_shared<Past>(default_ledger_path(), site_of(out.machine, *out.engine));
  if (!out.past->problem().empty())
    say("going on without what was measured here before: " + out.past->problem());
  const auto sweep = default_thread_sweep_store().find(*out.engine, out.machine);
  if (sweep && !sweep->busy()) out.best_threads = sweep->best();
  return out;
}

Result<void> check_gpu(const WorkloadOptions& wanted, const Setting& setting) {
  if (!wanted.wants_gpu() || wanted.gpu_layers == "auto" || !setting.cards().empty()) return {};
  return fail(ErrorKind::kUnsupported,
              setting.elsewhere ? "no graphics card of that machine is known"
                                : "models on this machine's own graphics cards are not forecast yet",
              "--gpu-layers", "Give 0 for the processor alone; or name a machine with a card by --machine.");
}

Result<Forecast> forecast_from(const Shape& shape, const std::optional<Rehearsal>& rehearsal,
                               const Workload& workload, const Setting& setting) {
  if (!rehearsal) return forecast(shape, std::nullopt, workload, setting.memory_bound());
  auto timings = extend(shape, *rehearsal);
  if (!timings) return std::unexpected(timings.error());
  if (workload.sessions > 1) {
    const auto below = timings_from(setting.ladder(rehearsal->threads), shape, {}, workload);
    if (below) complete_from(*below, *timings);
  }
  add_load(*timings, shape, setting.disk_read_rate());
  return forecast(shape, setting.learned(std::move(*timings)), workload, setting.memory_bound());
}

}  // namespace tokcast
