// Which model to run: candidates rehearsed cheapest first within a time allowance, the rest scaled from their
// kin, then ranked.
//
// Ranking: models that keep the budget before those at risk, before those that break it, before those that do
// not fit; within a verdict the larger model (more parameters) first: among models that answer in time, size
// is the one rough sign of quality that needs no benchmark.
#ifndef TOKCAST_CHOOSE_RECOMMEND_H_
#define TOKCAST_CHOOSE_RECOMMEND_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
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
};

struct RecommendOptions {
  Workload workload{};
  std::uint32_t threads = 1;
  Seconds effort{90};          // for all rehearsals together; those in the store cost nothing
  Seconds allowance_each{10};  // for one rehearsal
  // Before each rehearsal: its number, how many may be run, the model. May be empty.
  std::function<void(std::size_t number, std::size_t of, const std::string& model)> progress{};
};

struct Recommendation {
  std::vector<Candidate> ranked{};  // best first
  std::size_t rehearsed = 0;        // forecasts that rest on a rehearsal of their own
  std::size_t not_reached = 0;      // would fit, but the allowance ended before them
};

// Errors: kInterrupted; kNotFound if `shapes` is empty. A model that cannot be rehearsed is a candidate with
// a problem, not an error.
Result<Recommendation> recommend(std::vector<Shape> shapes, const Engine& engine, const Machine& machine,
                                 const RehearsalStore& store, const RecommendOptions& options);

// One rehearsal, or the stored one if it fits; saved. For single models.
// `fresh` rehearses even so. Errors: those of rehearse().
Result<Rehearsal> rehearsal_of(const Shape& shape, const Engine& engine, const Machine& machine,
                               const RehearsalStore& store, const RehearsalOptions& options, bool fresh);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_RECOMMEND_H_
