// A calibration's quiet times, looked up by model and test.
#ifndef TOKCAST_REHEARSE_QUIET_TIMES_H_
#define TOKCAST_REHEARSE_QUIET_TIMES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "rehearse/calibration.h"
#include "rehearse/samples.h"

namespace tokcast {

class QuietTimes {
 public:
  explicit QuietTimes(const Calibration& calibration);

  // Seconds; of one token if the test generates. nullopt if it was not measured.
  std::optional<double> of(const CalibrationModel& model, const BenchTest& test) const;
  std::optional<double> decode(const CalibrationModel& model, std::uint32_t depth = 0) const;

  // The models that show attention: those of now, or of an older calibration.
  CalibrationModel own_heads() const;
  CalibrationModel shared_heads() const;

  // Are all models there on which the figures of every type rest?
  bool whole() const;

  ShareLost share_lost(bool decode) const;

 private:
  std::map<std::pair<CalibrationModel, BenchTest>, std::vector<double>> samples_;
};

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_QUIET_TIMES_H_
