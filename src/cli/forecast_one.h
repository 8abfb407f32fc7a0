// One model's forecast from the best that is known here: what `forecast` answers and `pull` shows beside its
// plan.
#ifndef TOKCAST_CLI_FORECAST_ONE_H_
#define TOKCAST_CLI_FORECAST_ONE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "choose/ladder.h"
#include "cli/setting.h"
#include "cli/workload_options.h"
#include "forecast/forecast.h"
#include "model/shape.h"

namespace tokcast {

// What is asked of every model.
struct Question {
  Workload workload{};
  std::uint32_t threads = 1;
  std::optional<Evidence> only{};
  bool on_gpu = false;
};

// On every kind of evidence. Errors: those of check_workload.
Result<Question> question_from(const WorkloadOptions& wanted, const Setting& setting);

// Read when the first model needs it: a rehearsed one does not.
class LadderOnDemand {
 public:
  LadderOnDemand(const Setting& setting, const Question& question) : setting_(setting), question_(question) {}

  const Ladder& get() {
    if (!ladder_) ladder_ = setting_.ladder(question_.threads, question_.on_gpu);
    return *ladder_;
  }

 private:
  const Setting& setting_;
  const Question& question_;
  std::optional<Ladder> ladder_{};
};

// From a bench of this very file, else a stored rehearsal, else the ladder; the last two as this machine's
// past teaches. Where nothing is known the last reason says what would make
// it known; `name` is what the user calls the model.
Forecast forecast_one(const std::string& name, const Shape& shape, const Setting& setting,
                      LadderOnDemand& ladder, const Question& question);

}  // namespace tokcast

#endif  // TOKCAST_CLI_FORECAST_ONE_H_
