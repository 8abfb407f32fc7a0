// Calibrations kept between runs: one JSON file each, found by machine, engine and thread count.
#ifndef TOKCAST_REHEARSE_CALIBRATION_STORE_H_
#define TOKCAST_REHEARSE_CALIBRATION_STORE_H_

#include <optional>
#include <string>

#include "base/result.h"
#include "rehearse/calibration.h"

namespace tokcast {

class CalibrationStore {
 public:
  // `directory` is made when first written to.
  explicit CalibrationStore(std::string directory) : directory_(std::move(directory)) {}

  // nullopt if there is none for this machine (its share of processors included), engine build and thread
  // count, or its file cannot be read: then one calibrates again.
  std::optional<Calibration> find(const Engine& engine, const Machine& machine, std::uint32_t threads) const;

  // Replaces the one of the same key. Errors: kIo, kDiskFull.
  Result<void> save(const Calibration& calibration) const;

 private:
  std::string path(const std::string& machine, const std::string& engine, std::uint32_t threads) const;

  std::string directory_;
};

// Below XDG_CACHE_HOME.
CalibrationStore default_calibration_store();

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_CALIBRATION_STORE_H_
