// What the ledger teaches forecasts of this machine: files that were benched here, and how far forecasts were
// off. Every command that forecasts asks it between the evidence and the forecaster.
#ifndef TOKCAST_CLI_PAST_H_
#define TOKCAST_CLI_PAST_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "forecast/experience.h"
#include "forecast/timings.h"
#include "ledger/ledger.h"
#include "ledger/promise.h"
#include "model/shape.h"

namespace tokcast {

// The samples that an actual keeps of a bench, as timings.
std::optional<Timings> timings_of_bench(const Actual& bench);

class Past {
 public:
  // Without a ledger it knows nothing; one that cannot be read says why in problem().
  Past(const std::string& ledger_path, Site site);

  // As the residuals of the same rung, machine, engine and thread count teach; as they are where too few are
  // known.
  Timings learned(Timings timings);
  Correction correction(Evidence evidence, std::uint32_t threads);
  // Of a file of this shape that was benched here; nullopt: none was.
  std::optional<Timings> measured(const Shape& shape, std::uint32_t threads);

  const std::string& problem() const { return problem_; }

 private:
  std::optional<Ledger> ledger_{};
  Site site_;
  std::map<std::uint32_t, std::vector<Residual>> residuals_{};  // by threads
  std::string problem_{};
};

}  // namespace tokcast

#endif  // TOKCAST_CLI_PAST_H_
