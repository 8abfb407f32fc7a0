// What a rung of the evidence ladder knows about one model on one machine: a few points in time.
//
// Every rung (looked-up ... measured) ends in this one value; the cost model (cost_model.h) reads nothing
// else.
#ifndef TOKCAST_FORECAST_TIMINGS_H_
#define TOKCAST_FORECAST_TIMINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "forecast/correction.h"
#include "forecast/interval.h"

namespace tokcast {

// How we know, from weak to strong.
enum class Evidence { kLookedUp, kEstimated, kCalibrated, kRehearsed, kMeasured };

// "looked-up", "estimated", "calibrated", "rehearsed", "measured".
std::string_view evidence_name(Evidence evidence);

// Prefill of `tokens` in one call, with `depth` tokens already in the context.
struct PrefillPoint {
  std::uint64_t tokens = 0;
  std::uint64_t depth = 0;
  Interval<Seconds> duration{};
};

// Decode of one token at `depth` tokens of context.
struct DecodePoint {
  double depth = 0;
  Interval<Seconds> duration{};
};

// A decode step of several sessions at once, without their attention, against that of one: 1 where weights
// are read once for all of them, as many as there are sessions where nothing is shared.
struct ParallelStep {
  std::uint32_t sessions = 1;
  Interval<double> growth{1, 1, 1};
};

// What of loading takes how long. A rehearsal measures all but the reading at once.
struct LoadParts {
  Interval<Seconds> reading{};                 // the file from the disk
  Interval<Seconds> preparing{};               // weights mapped or copied, repacked
  std::optional<Interval<Seconds>> warm_up{};  // nullopt: in the preparing
};

struct Timings {
  Evidence evidence = Evidence::kEstimated;
  std::string source;  // one phrase: "rehearsed with layers 1 and 3 of 32", "scaled from …"
  std::uint32_t threads = 1;
  std::vector<PrefillPoint> prefill{};  // at least one at depth 0; ascending in tokens, then depth
  std::vector<DecodePoint> decode{};    // at least one; ascending in depth
  // What further sessions cost. nullopt: not known, so anything from nothing to the time of a session alone.
  std::optional<ParallelStep> parallel{};
  std::optional<Interval<Seconds>> load{};       // file in the page cache to ready; nullopt: not known
  std::optional<Interval<Seconds>> cold_load{};  // the same from the disk (load.h)
  std::optional<LoadParts> load_parts{};         // likewise
  std::optional<Bytes> compute_bytes{};          // the engine's scratch buffers; nullopt: not known
  // What others on the machine cost when this was measured, as a share of the undisturbed time; included in
  // every expected value. nullopt: not known.
  std::optional<double> prefill_share_lost{};
  std::optional<double> decode_share_lost{};
  Correction correction{};  // that is in all of the above already (experience.h)
  // Of the time that the threads asked for, what others had meanwhile (machine/contention.h); and how many
  // threads would have been left alone. nullopt: not known, or nothing was run.
  std::optional<double> taken_by_others{};
  std::optional<std::uint32_t> undisturbed_threads{};
};

// Was this measured while others had so much of the processors that it promises nothing?
bool is_busy(const Timings& timings);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_TIMINGS_H_
