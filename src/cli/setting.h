// What the answers of a command rest on: this machine, the engine found, the rehearsals stored.
#ifndef TOKCAST_CLI_SETTING_H_
#define TOKCAST_CLI_SETTING_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "choose/ladder.h"
#include "cli/common_options.h"
#include "cli/past.h"
#include "cli/workload_options.h"
#include "engine/engine.h"
#include "forecast/forecast.h"
#include "forecast/forecast_json.h"
#include "machine/machine.h"
#include "machine/profile.h"
#include "model/shape.h"
#include "rehearse/calibration_store.h"
#include "rehearse/rehearsal.h"
#include "rehearse/store.h"

namespace tokcast {

struct Setting {
  Machine machine;
  bool elsewhere = false;  // the machine is not this one: nothing can be timed
  // Facts, GPUs and rates: of a machine elsewhere, or what `tokcast probe` said here last; nullopt: nothing.
  std::optional<Profile> profile{};
  Result<Engine> engine;
  RehearsalStore store;
  CalibrationStore calibrations;
  // Found by trying (rehearse/thread_sweep.h); nullopt: not tried, or on a busy machine.
  std::optional<std::uint32_t> best_threads{};
  // Of this machine and engine; nullptr without an engine or for a machine elsewhere.
  std::shared_ptr<Past> past{};

  // As given, else the best count found, else as many as make sense at first sight.
  std::uint32_t threads(std::optional<std::uint32_t> given) const;
  // For the JSON documents.
  ForecastContext context() const;
  // Of the main memory; of the cards' own too where the model may lie there.
  MemoryLimits memory_bound(bool on_gpu = false) const;
  // Everything below rehearsals that is known.
  Ladder ladder(std::uint32_t threads, bool on_gpu = false) const;
  // Timings as this machine's past teaches (forecast/experience.h); as they are if it teaches nothing.
  Timings learned(Timings timings) const { return past ? past->learned(std::move(timings)) : timings; }
  // nullopt: never measured.
  std::optional<BytesPerSecond> disk_read_rate() const;
  // The cards on which a model would be forecast: known by name, of a machine elsewhere (the engine at hand
  // says nothing about that one's).
  std::vector<Card> cards() const;
  // Is there one, and does the user not refuse it?
  bool runs_on_gpu(const WorkloadOptions& wanted) const { return wanted.wants_gpu() && !cards().empty(); }
};

// Without an engine, memory can still be forecast. Errors: those of find_machine.
Result<Setting> read_setting(const CommonOptions& options);

// kUnsupported if layers are to lie on a GPU and none is known.
Result<void> check_gpu(const WorkloadOptions& wanted, const Setting& setting);

// The forecast that `rehearsal` supports; without one, of memory only. Errors: those of extend.
Result<Forecast> forecast_from(const Shape& shape, const std::optional<Rehearsal>& rehearsal,
                               const Workload& workload, const Setting& setting);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SETTING_H_
