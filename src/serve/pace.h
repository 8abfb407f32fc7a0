// How long a turn will take: the forecast, put right by what the last turns took.
//
// The forecaster stays the only source of speed; here is only the share by which recent turns missed it, and
// what it cannot know: how many tokens a request's bytes are, and how long replies get. Pure: no clock.
#ifndef TOKCAST_SERVE_PACE_H_
#define TOKCAST_SERVE_PACE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

#include "base/units.h"
#include "forecast/interval.h"

namespace tokcast {

struct TurnSize {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t cached_tokens = 0;
  std::uint64_t reply_tokens = 0;
};

struct TurnTimes {
  Interval<Seconds> first_token{};
  Interval<Seconds> turn{};
};

// The one forecaster for the model that is served; nullopt: not known.
using TurnForecaster = std::function<std::optional<TurnTimes>(const TurnSize&)>;

// What became of a turn, in the engine.
struct TurnActual {
  std::uint64_t prompt_bytes = 0;
  TurnSize size{};
  Seconds turn{};        // from its start in the engine to its end
  bool was_cut = false;  // cancelled: its size is not what the client wanted
};

class Pace {
 public:
  explicit Pace(TurnForecaster forecaster, std::uint64_t usual_reply_tokens = 128);

  // What a request of so many bytes is likely to be; `reply_limit` is what the client allows.
  TurnSize guess_size(std::uint64_t prompt_bytes, std::optional<std::uint64_t> reply_limit) const;
  // As the forecaster says.
  std::optional<TurnTimes> forecast(const TurnSize& size) const;
  // The same, put right. nullopt: neither a forecast nor an actual to go by.
  std::optional<TurnTimes> times(const TurnSize& size) const;
  void learn(const TurnActual& actual);

  // Of recent turns, actual time divided by forecast time, the middle one; nullopt: none yet.
  std::optional<double> correction() const;

 private:
  std::optional<double> ratio_at(double quantile) const;

  TurnForecaster forecaster_;
  std::deque<double> ratios_{};         // actual / forecast
  std::deque<double> token_seconds_{};  // of one reply token, all in: where there is no forecast
  double bytes_per_token_;
  double reply_tokens_;
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_PACE_H_
