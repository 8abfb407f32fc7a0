// A ranking of models for the machine that a command is about: thread counts tried, the engine calibrated,
// models rehearsed, all within one effort. For `recommend` and `setup`.
#ifndef TOKCAST_CLI_RECOMMEND_HERE_H_
#define TOKCAST_CLI_RECOMMEND_HERE_H_

#include <optional>

#include "base/result.h"
#include "base/units.h"
#include "choose/choice.h"
#include "choose/contenders.h"
#include "choose/recommend.h"
#include "choose/use.h"
#include "cli/setting.h"
#include "cli/workload_options.h"

namespace tokcast {

struct RecommendWish {
  WorkloadOptions workload{};  // its threads and GPU layers
  Seconds effort = RecommendOptions{}.effort;
  std::optional<Evidence> only{};
};

// Takes the contenders' shapes; says on standard error what it does; notes the best thread count in the
// setting. Of a machine elsewhere, and without an engine, the best that is known decides. Errors: those of
// recommend().
Result<Recommendation> recommend_here(const RecommendWish& wish, Contenders& contenders,
                                      const Workload& workload, Setting& setting);

// How another turn or another mix would do: from what each candidate's forecast rests on, else from the
// ladder. Layers go to cards as the user asked, however many of the candidate's do. `use` and `answer` must
// outlive it.
Ask ask_here(const RecommendWish& wish, const Use& use, const Recommendation& answer, const Setting& setting);

}  // namespace tokcast

#endif  // TOKCAST_CLI_RECOMMEND_HERE_H_
