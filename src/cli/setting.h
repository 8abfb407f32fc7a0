// What the answers of a command rest on: this machine, the engine found, the rehearsals stored.
#ifndef TOKCAST_CLI_SETTING_H_
#define TOKCAST_CLI_SETTING_H_

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/common_options.h"
#include "engine/engine.h"
#include "forecast/forecast.h"
#include "forecast/forecast_json.h"
#include "machine/machine.h"
#include "model/shape.h"
#include "rehearse/rehearsal.h"
#include "rehearse/store.h"

namespace tokcast {

struct Setting {
  Machine machine;
  bool elsewhere = false;  // the machine is not this one: nothing can be timed
  Result<Engine> engine;
  RehearsalStore store;

  // For the JSON documents.
  ForecastContext context() const;
  std::optional<MemoryBound> memory_bound() const;
};

// Without an engine, memory can still be forecast. Errors: those of find_machine.
Result<Setting> read_setting(const CommonOptions& options);

// The forecast that `rehearsal` supports; without one, of memory only. Errors: those of extend.
Result<Forecast> forecast_from(const Shape& shape, const std::optional<Rehearsal>& rehearsal,
                               const Workload& workload, const Setting& setting);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SETTING_H_
