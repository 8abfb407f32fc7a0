// Which tier of a registry a machine gets: the highest whose requirements it meets and whose own promise the
// forecast of its own model keeps. Pure: the forecasts come from a function.
#ifndef TOKCAST_CHOOSE_TIER_H_
#define TOKCAST_CHOOSE_TIER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "choose/registry.h"
#include "forecast/forecast.h"
#include "machine/gpu.h"
#include "machine/machine.h"
#include "machine/rates.h"
#include "model/shape.h"

namespace tokcast {

// What requirements are held against. Unknown is nullopt.
struct TierMachine {
  // Of the machine, or of our control group if that is less. What others use of it now does not count here:
  // the forecast compares what the model needs with what is free.
  std::optional<Bytes> memory{};
  std::string memory_from{};
  std::optional<double> cores{};  // physical ones that we may use, the quota counted
  bool has_gpu = false;
  std::optional<Bytes> gpu_memory{};  // of the card that has most
  std::optional<BytesPerSecond> read_rate{};
};
TierMachine tier_machine(const Machine& machine, const GpuSurvey& gpus, const std::optional<Rates>& rates);

// What of the requirements is not met, in sentences; empty: all are, as far as is known. What is not known is
// not held against the machine: `unknown` (may be null) gets a sentence for each.
std::vector<std::string> unmet(const TierRequirements& requirements, const TierMachine& machine,
                               std::vector<std::string>* unknown = nullptr);

// What is forecast of a tier's model.
struct TierForecast {
  Shape shape;
  Forecast forecast{};
};

enum class TierStanding {
  kChosen,
  kKeeps,     // too, but a higher one does
  kNotAsked,  // nothing was forecast: a higher one keeps its promise
  kUnmet,     // its requirements
  kAtRisk,
  kBreaks,
  kDoesNotFit,
  kUnknown,  // its model cannot be forecast
  kHybrid,   // has no model; chosen only if nothing else is
};
// "chosen", "keeps", "not-asked", "unmet", "at-risk", "breaks", "does-not-fit", "unknown", "hybrid".
std::string_view standing_name(TierStanding standing);
// kKeeps for a promise that is kept: whether it is chosen is not the forecast's to say.
TierStanding standing_of(Verdict verdict);

struct TierCandidate {
  const Tier* tier = nullptr;
  TierStanding standing = TierStanding::kUnknown;
  std::optional<TierForecast> forecast{};
  std::vector<std::string> reasons{};  // sentences
};

struct TierChoice {
  std::vector<TierCandidate> candidates{};  // the highest first
  std::optional<std::size_t> chosen{};      // of them; nullopt: not even the one without a model is possible
};

using TierForecaster = std::function<Result<TierForecast>(const Tier&)>;

// `all`: forecasts those below the chosen one as well. `only`: this one is taken, its requirements or promise
// kept or not; its standing and reasons then say what is wrong with it. `excluded` ones (names) are passed
// over.
struct TierWishes {
  bool all = false;
  const Tier* only = nullptr;
  std::vector<std::string> excluded{};
  std::string language{};  // that the model has to speak, as far as is known; empty: any
};

// Errors: kInterrupted.
Result<TierChoice> select_tier(const Registry& registry, const TierMachine& machine,
                               const TierForecaster& forecast_of, const TierWishes& wishes = {});

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_TIER_H_
