// What is forecast of a tier's model on the machine that a command is about.
#ifndef TOKCAST_CLI_TIER_FORECASTS_H_
#define TOKCAST_CLI_TIER_FORECASTS_H_

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "choose/tier.h"
#include "cli/forecast_one.h"
#include "cli/setting.h"

namespace tokcast {

// The setting's machine as requirements see it. On this machine the graphics drivers are asked, unless
// `tokcast probe` did so before.
TierMachine tier_machine_of(const Setting& setting);

// How find_model knows the tier's model: by its path if it is here, else as one of the catalogue, else by its
// address.
std::string model_name_of(const RegistryModel& model);

// Forecasts of tiers at their own turns, from the best evidence that is there. The setting must outlive it.
class TierForecasts {
 public:
  explicit TierForecasts(const Setting& setting) : setting_(setting) {}

  // Errors: kUnsupported (a card whose speed is not known), those of find_model.
  Result<TierForecast> forecast(const Tier& tier);
  TierForecaster function() {
    return [this](const Tier& tier) { return forecast(tier); };
  }

 private:
  // One for the processor, one for the card: reading a calibration takes a while.
  struct Asked {
    Question question{};
    std::optional<LadderOnDemand> ladder{};
  };
  Asked& asked(bool on_gpu);

  const Setting& setting_;
  Asked processor_{};
  Asked card_{};
};

}  // namespace tokcast

#endif  // TOKCAST_CLI_TIER_FORECASTS_H_
