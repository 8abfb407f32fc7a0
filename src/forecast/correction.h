// What the past of a machine changes in a forecast (experience.h computes it).
#ifndef TOKCAST_FORECAST_CORRECTION_H_
#define TOKCAST_FORECAST_CORRECTION_H_

#include <cstddef>

namespace tokcast {

// On durations: the expected one times `factor`; low and high reach from it as far as before to the power of
// `reach`. 1 and 1: as it was.
struct PhaseCorrection {
  double factor = 1;
  double reach = 1;
  std::size_t models = 0;   // that it rests on
  std::size_t actuals = 0;  // of them all

  bool operator==(const PhaseCorrection&) const = default;
};

struct Correction {
  PhaseCorrection prefill{};
  PhaseCorrection decode{};

  bool changes_anything() const { return prefill.models > 0 || decode.models > 0; }
  bool operator==(const Correction&) const = default;
};

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_CORRECTION_H_
