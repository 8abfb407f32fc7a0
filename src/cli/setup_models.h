// The choice of `tokcast setup` where no tiers were asked for: the best model of the catalogue, or of those
// that are here, that keeps the budget of its use; as `tokcast recommend` would.
#ifndef TOKCAST_CLI_SETUP_MODELS_H_
#define TOKCAST_CLI_SETUP_MODELS_H_

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/setting.h"
#include "cli/setup_choice.h"
#include "cli/setup_options.h"

namespace tokcast {

// The candidates are the picks: the model just out of reach, the best, a faster one, and the tier of
// `built_in` without a language model, chosen if no model keeps its budget. `excluded` ones
// (Tier::name) are passed over. Errors: those of ContenderFlags::consider and recommend(); kNotFound (nothing
// is here, and nobody may be asked); kDoesNotFit (not even the tier without a model is possible).
Result<SetupChoice> choose_model(const SetupOptions& options, const Registry& built_in, Setting& setting,
                                 const std::vector<std::string>& excluded);

// `model`, as find_model knows it, chosen before. Errors: those of find_model (kNotFound: its file is gone).
Result<SetupChoice> recall_model(const SetupOptions& options, const Registry& built_in,
                                 const Setting& setting, const std::string& model);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SETUP_MODELS_H_
