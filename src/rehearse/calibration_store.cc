#include "rehearse/calibration_store.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "rehearse/calibration_json.h"

namespace tokcast {

std::string CalibrationStore::path(const std::string& machine, const std::string& engine,
                                   std::uint32_t threads) const {
  return fmt::format("{}/{}.json", directory_,
                     stable_hash(fmt::format("{}|{}|{}", machine, engine, threads)));
}

std::optional<Calibration> CalibrationStore::find(const Engine& engine, const Machine& machine,
                                                  std::uint32_t threads) const {
  const std::string file = path(machine.identity(), engine.identity, threads);
  const auto text = read_file(file);
  if (!text) return std::nullopt;
  const auto json = parse_json(*text, file);
  if (!json) return std::nullopt;
  auto calibration = calibration_from_json(*json);
  const bool fits = calibration && calibration->engine_identity == engine.identity &&
                    calibration->machine_identity == machine.identity() && calibration->threads == threads;
  return fits ? std::optional(std::move(*calibration)) : std::nullopt;
}

Result<void> CalibrationStore::save(const Calibration& calibration) const {
  return write_file(path(calibration.machine_identity, calibration.engine_identity, calibration.threads),
                    calibration_to_json(calibration).dump(1) + "\n");
}

CalibrationStore default_calibration_store() {
  return CalibrationStore(cache_directory() + "/calibrations");
}

}  // namespace tokcast
