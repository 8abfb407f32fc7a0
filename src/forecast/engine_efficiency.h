// How much of the hardware an engine uses, and why it is little where it is: its measured rates over those
// that the hardware's own rates allow. Pure.
//
//   share of a type = what estimated.h says that one parameter should cost / what it was measured to cost
//
// The share of a phase is the median over the types that both know. Where it is low the causes that the facts
// speak for are named, the surest first; what no fact speaks for is not guessed.
#ifndef TOKCAST_FORECAST_ENGINE_EFFICIENCY_H_
#define TOKCAST_FORECAST_ENGINE_EFFICIENCY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forecast/kernel_rates.h"
#include "machine/machine.h"
#include "machine/profile.h"

namespace tokcast {

// What is known around a measurement.
struct EngineFacts {
  std::optional<std::string> variant{};         // of its processor kernels: "haswell"
  std::optional<std::uint32_t> best_threads{};  // found by trying (rehearse/thread_sweep.h)
  std::optional<double> taken_by_others{};      // as in Timings
  std::optional<double> megahertz_now{};        // right after it
};

// Below this a phase is called low: estimates stray by as much (docs/ACCURACY.md).
constexpr double kLowEfficiency = 0.7;

struct EngineEfficiency {
  double decode_share = 0;
  double prefill_share = 0;
  // The quickest type's bytes of weights in decode over the read bandwidth, 0 to 1 or a little above where
  // weights stay in a cache.
  double bandwidth_share = 0;
  bool low = false;
  std::vector<std::string> causes{};  // sentences without a capital; only if low
};

// nullopt if the profile holds no rates, or shares no type with `measured`.
std::optional<EngineEfficiency> engine_efficiency(const KernelRates& measured, const Profile& profile,
                                                  const EngineFacts& facts);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_ENGINE_EFFICIENCY_H_
