// A model that was chosen from the catalogue, or is here already, as a tier of its own: what is fetched,
// configured and held to account is a tier, whoever chose it.
#ifndef TOKCAST_CHOOSE_MODEL_TIER_H_
#define TOKCAST_CHOOSE_MODEL_TIER_H_

#include <optional>
#include <string>

#include "base/units.h"
#include "choose/merit.h"
#include "choose/registry.h"
#include "choose/tier.h"
#include "forecast/forecast.h"
#include "model/shape.h"

namespace tokcast {

// "qwen3-4b:Q4_K_M": of the model in its mix, wherever its file is.
std::string tier_name_of(const Shape& shape);

// Where its file is to be had: the absolute path of one that is here, else its repository by the catalogue,
// "hf://user/repo:Q4_K_M". nullopt: nobody says.
std::optional<std::string> source_of(const Shape& shape, const std::optional<std::string>& path);

// Requires nothing: its forecast is for this machine. Its promise is the turn's budget.
Tier tier_of(const Shape& shape, const std::string& source, const Workload& turn);

// The speech models to go with a language model of this size: those of the highest tier that the machine
// meets and whose own model is no larger; if there is none, of the lowest.
SpeechPair speech_beside(const Registry& registry, const TierMachine& machine, Bytes weights);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_MODEL_TIER_H_
