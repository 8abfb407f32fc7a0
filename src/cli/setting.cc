#include "cli/setting.h"

#include "machine/find_machine.h"
#include "rehearse/extend.h"

namespace tokcast {

ForecastContext Setting::context() const {
  ForecastContext out{.machine_name = machine.name, .machine_profile_id = machine.identity()};
  if (!engine) return out;
  out.engine_name = engine->name;
  out.engine_build = engine->version;
  return out;
}

std::optional<MemoryBound> Setting::memory_bound() const {
  const auto limit = machine.memory_limit();
  return limit ? std::optional(MemoryBound{limit->bytes, limit->from}) : std::nullopt;
}

Result<Setting> read_setting(const CommonOptions& options) {
  Machine machine;
  if (options.machine) {
    auto profile = find_machine(*options.machine);
    if (!profile) return std::unexpected(profile.error());
    machine = std::move(profile->limits);
  } else {
    machine = read_machine();
  }
  return Setting{std::move(machine), options.machine.has_value(),
                 find_engine(default_engine_search(options.engine)), default_rehearsal_store()};
}

Result<Forecast> forecast_from(const Shape& shape, const std::optional<Rehearsal>& rehearsal,
                               const Workload& workload, const Setting& setting) {
  if (!rehearsal) return forecast(shape, std::nullopt, workload, setting.memory_bound());
  auto timings = extend(shape, *rehearsal);
  if (!timings) return std::unexpected(timings.error());
  return forecast(shape, std::optional(std::move(*timings)), workload, setting.memory_bound());
}

}  // namespace tokcast
