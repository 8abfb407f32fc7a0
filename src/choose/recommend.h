// Which model to run: cheap evidence ranks all candidates, rehearsals confirm within a time allowance.
//
// Where the machine is calibrated, only what that cannot settle is rehearsed, in the order of the ranking:
// the candidate that leads, and those whose budget lies inside their interval. Without a calibration every
// candidate that may keep its budget is, the cheapest first, and the rest are scaled from their kin.
//
// Ranking: RankKey of merit.h. Where the machine is calibrated, a rehearsal is worth its time only for what
// would be preferred to the best model that is confirmed to keep its budget: so the list is long and the
// rehearsals few.
#ifndef TOKCAST_CHOOSE_RECOMMEND_H_
#define TOKCAST_CHOOSE_RECOMMEND_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "choose/ladder.h"
#include "choose/merit.h"
#include "engine/engine.h"
#include "forecast/forecast.h"
#include "machine/machine.h"
#include "model/shape.h"
#include "rehearse/store.h"

namespace tokcast {

struct Candidate {
  Shape shape;
  Forecast forecast{};
  std::optional<std::string> problem{};  // why it could not be rehearsed, where it was tried
  Merit merit{};
  std::optional<Timings> timings{};  // what the forecast rests on
};

// What speaks for a model besides its speed; may be empty.
using MeritOf = std::function<Merit(const Shape&)>;

struct RecommendOptions {
  Workload workload{};
  std::uint32_t threads = 1;
  Ladder ladder{};      // what is known without rehearsals
  bool on_gpu = false;  // some layers may lie on cards: those models are not rehearsed
  MemoryLimits memory{};
  std::optional<BytesPerSecond> disk_read_rate{};
  // What the past of this machine knows; both may be empty. Timings of a model that was benched here, nullopt
  // if it was not; and timings of any other, as earlier actuals teach.
  std::function<std::optional<Timings>(const Shape& shape)> measured{};
  std::function<Timings(Timings timings)> learned{};
  std::optional<Evidence> only{};  // one rung of the ladder; below rehearsed nothing is rehearsed
  Seconds effort{90};              // for all rehearsals together; those in the store cost nothing
  Seconds allowance_each{10};      // for one rehearsal
  MeritOf merit{};
  // Before each rehearsal: its number, how many may be run, the model. May be empty.
  std::function<void(std::size_t number, std::size_t of, const std::string& model)> progress{};
};

// A model that was not rehearsed.
struct Skipped {
  std::string model;
  std::string why;  // one phrase: "not reached within the effort"
  std::string quantization{};
};

struct Recommendation {
  std::vector<Candidate> ranked{};  // best first
  std::size_t measured = 0;         // forecasts that rest on a bench of that very file
  std::size_t rehearsed = 0;        // ... on a rehearsal of their own
  std::size_t not_reached = 0;      // a rehearsal would say more, but the allowance ended before them
  std::vector<Skipped> skipped{};   // best first; empty where nothing is to be rehearsed
};

// Errors: kInterrupted; kNotFound if `shapes` is empty. A model that cannot be rehearsed is a candidate with
// a problem, not an error.
Result<Recommendation> recommend(std::vector<Shape> shapes, const Engine& engine, const Machine& machine,
                                 const RehearsalStore& store, const RecommendOptions& options);

// One rehearsal, or the stored one if it fits; saved. For single models. A stored one that was made on a busy
// machine is made again, and kept only if the new one is no quieter. `fresh` rehearses even so. Errors: those
// of rehearse().
Result<Rehearsal> rehearsal_of(const Shape& shape, const Engine& engine, const Machine& machine,
                               const RehearsalStore& store, const RehearsalOptions& options, bool fresh);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_RECOMMEND_H_
