// Which promises of a registry are false on a machine, and by how much; and a registry whose promises are
// not.
#ifndef TOKCAST_CHOOSE_REGISTRY_CHECK_H_
#define TOKCAST_CHOOSE_REGISTRY_CHECK_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "choose/registry.h"
#include "choose/tier.h"
#include "forecast/forecast.h"

namespace tokcast {

enum class PromiseStanding {
  kKept,     // whichever end of the forecast is true
  kAtRisk,   // the promise lies inside the forecast
  kFalse,    // whichever end is true, or the model does not fit
  kNotMade,  // the machine does not meet the tier's requirements: it is not promised anything
  kUnknown,  // nothing can be forecast
};
// "kept", "at-risk", "false", "not-made", "unknown".
std::string_view standing_name(PromiseStanding standing);

struct PromiseCheck {
  std::string what;  // the registry's key: "llm_latency_sec", "min_ram_gb", "size_mb" ...
  double promised = 0;
  std::optional<Interval<double>> actual{};  // as forecast, in the key's unit
  PromiseStanding standing = PromiseStanding::kUnknown;
  // How many times longer, larger or slower than promised, as expected; nullopt: not known.
  std::optional<double> factor{};
  std::string reason{};  // one sentence
};

struct TierCheck {
  const Tier* tier = nullptr;
  std::vector<std::string> unmet{};
  std::optional<TierForecast> forecast{};
  std::vector<PromiseCheck> promises{};
};

// One for each tier. Errors: kInterrupted.
Result<std::vector<TierCheck>> check_registry(const Registry& registry, const TierMachine& machine,
                                              const TierForecaster& forecast_of);

// The worst of all: false, then at risk, then unknown, then kept; kNotMade if none was made.
PromiseStanding worst_of(const std::vector<TierCheck>& checks);

// The tiers that are possible on a machine, with what can be promised there: `llm_latency_sec` is the high
// end of the forecast, rounded up, and the summary is written from it. Speech is not forecast: what was
// promised of it becomes unknown. The others are in `left_out`, each with its reason.
struct MadeRegistry {
  Registry registry;
  std::vector<std::pair<std::string, std::string>> left_out{};
};
Result<MadeRegistry> make_registry(const Registry& registry, const std::string& machine_name,
                                   const TierMachine& machine, const TierForecaster& forecast_of);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_REGISTRY_CHECK_H_
