// Counters, gauges and histograms in Prometheus' text format. One thread.
//
// The families are a closed list: a name that is not in it is a defect, found by the tests.
#ifndef TOKCAST_SERVE_METRICS_H_
#define TOKCAST_SERVE_METRICS_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace tokcast {

enum class Counter {
  kHttpRequests,    // code
  kTurns,           // outcome
  kRefusals,        // reason
  kTokensOut,       // -
  kTokensIn,        // -
  kPromises,        // kept: yes, no
  kEngineStarts,    // -
  kLogDropped,      // -
  kAccountsDropped  // -
};
enum class Gauge {
  kConnections,
  kWebSockets,
  kQueued,
  kQueuedTokens,
  kRunning,
  kEngineReady,
  kRecogniserStarts,
  kLoopLagMax,
  kLoopLagRecentMax,
  kForecastCorrection,
  kResidentBytes,
  kOpenDescriptors
};
enum class Histogram {
  kQueueWait,
  kFirstToken,
  kTurn,
  kForecastTurn,  // what was promised of the same turns
  kLoopLag,
  kRecognition,
  kSynthesis,
  kFirstAudio
};

class Metrics {
 public:
  Metrics();
  // `label` is the value of the family's label, if it has one.
  void count(Counter counter, std::string_view label = {}, double by = 1);
  void set(Gauge gauge, double value);
  void observe(Histogram histogram, Seconds value);

  double value(Counter counter, std::string_view label = {}) const;
  double total(Counter counter) const;             // of all labels
  std::optional<double> value(Gauge gauge) const;  // nullopt: not set yet

  // The whole exposition. `version` goes into tokcast_build_info.
  std::string text(std::string_view version) const;

 private:
  struct Buckets {
    std::vector<std::uint64_t> counts{};  // one more than bounds: the last is +Inf
    double sum = 0;
    std::uint64_t count = 0;
  };

  std::map<Counter, std::map<std::string, double>> counters_{};
  std::map<Gauge, double> gauges_{};
  std::map<Histogram, Buckets> histograms_{};
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_METRICS_H_
