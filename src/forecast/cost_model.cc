#include "forecast/cost_model.h"

#include <cmath>

namespace tokcast {
namespace {

Reach reach_of(const Interval<Seconds>& duration) {
  return {duration.low / duration.expected, duration.high / duration.expected};
}

// Of several points that enter one figure, the widest.
Reach widest(Reach a, Reach b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

// Beyond twice the deepest measured context the line is a guess that worsens with each doubling.
Reach extrapolated(Reach reach, double depth, double deepest_measured) {
  constexpr double kPerDoubling = 0.08;
  const double measured = std::max(deepest_measured, 256.0);
  if (depth <= 2 * measured) return reach;
  const double widening = kPerDoubling * std::log2(depth / (2 * measured));
  return {reach.low * (1 - std::min(widening, 0.5)), reach.high * (1 + widening)};
}

// Seconds per attended position of one decode step.
double decode_slope(const Shape& shape, const Timings& timings) {
  const DecodePoint& first = timings.decode.front();
  const DecodePoint& last = timings.decode.back();
  const double positions = attended_positions(shape, last.depth) - attended_positions(shape, first.depth);
  if (positions > 0) {
    return std::max(0.0, (last.duration.expected - first.duration.expected).value / positions);
  }
  return decode_slope_prior(shape, first.duration.expected);
}

// Seconds per attended position and token of a prefill: from two prefill points of one size at two depths,
// else from the decode slope, whose attention does the same work one token at a time and so bounds it.
double prefill_slope(const Shape& shape, const Timings& timings) {
  for (const PrefillPoint& deep : timings.prefill) {
    for (const PrefillPoint& shallow : timings.prefill) {
      if (deep.tokens != shallow.tokens || deep.depth <= shallow.depth) continue;
      const double half = static_cast<double>(deep.tokens) / 2;
      const double positions = attended_positions(shape, static_cast<double>(deep.depth) + half) -
                               attended_positions(shape, static_cast<double>(shallow.depth) + half);
      const double extra = (deep.duration.expected - shallow.duration.expected).value;
      if (positions > 0) return std::max(0.0, extra / (positions * static_cast<double>(deep.tokens)));
    }
  }
  return decode_slope(shape, timings);
}

// Without its attention, a step costs this much.
double flat_step(const Shape& shape, const Timings& timings, double slope) {
  const DecodePoint& first = timings.decode.front();
  const double seconds = first.duration.expected.value;
  // A slope that noise made too steep must not leave nothing.
  return std::max(seconds - slope * attended_positions(shape, first.depth), seconds / 2);
}

// What a step of all sessions costs against that of one, both without attention.
Interval<double> growth_of(const Timings& timings, std::uint32_t sessions) {
  if (sessions <= 1) return {1, 1, 1};
  if (timings.parallel && timings.parallel->sessions == sessions) return timings.parallel->growth;
  return {1, std::sqrt(double{1} * sessions), double{1} * sessions};
}

// A step at any depth: flat + slope * A(depth), and how far that may be off.
struct StepLine {
  Interval<double> flat{};   // of all sessions
  Interval<double> slope{};  // likewise
  Reach reach{};
  double deepest = 0;  // that was measured
};

StepLine step_line(const Shape& shape, const Timings& timings, const RunSetup& setup) {
  const double slope = decode_slope(shape, timings);
  const double flat = flat_step(shape, timings, slope);
  const Interval<double> growth = growth_of(timings, setup.sessions);
  const DecodePoint& last = timings.decode.back();
  return {.flat = {growth.low * flat, growth.expected * flat, growth.high * flat},
          .slope = setup.attention * (setup.sessions * slope),
          .reach = widest(reach_of(timings.decode.front().duration), reach_of(last.duration)),
          .deepest = last.depth};
}

Interval<Seconds> step_at(const Shape& shape, const StepLine& line, double depth) {
  const Interval<double> attention = line.slope * attended_positions(shape, depth);
  const Reach reach = extrapolated(line.reach, depth, line.deepest);
  return {Seconds((line.flat.low + attention.low) * reach.low),
          Seconds(line.flat.expected + attention.expected),
          Seconds((line.flat.high + attention.high) * reach.high)};
}

struct BatchCost {
  double tokens = 0;
  double seconds = 0;  // without attention
};

// C(b) at the measured batch sizes, ascending; b = 1 is a decode step.
std::vector<BatchCost> batch_costs(const Shape& shape, const Timings& timings, double slope) {
  std::vector<BatchCost> costs{{1, flat_step(shape, timings, decode_slope(shape, timings))}};
  for (const PrefillPoint& point : timings.prefill) {
    if (point.depth != 0 || point.tokens <= 1) continue;
    const auto tokens = static_cast<double>(point.tokens);
    const double attention = slope * tokens * attended_positions(shape, tokens / 2);
    costs.push_back({tokens, std::max(0.0, point.duration.expected.value - attention)});
  }
  return costs;
}

double interpolate(const std::vector<BatchCost>& costs, double tokens) {
  if (tokens <= costs.front().tokens || costs.size() == 1) return costs.front().seconds;
  std::size_t upper = 1;
  while (upper + 1 < costs.size() && costs[upper].tokens < tokens) ++upper;
  const BatchCost& above = costs[upper];
  if (tokens > above.tokens) return above.seconds * tokens / above.tokens;
  const BatchCost& below = costs[upper - 1];
  const double share = (tokens - below.tokens) / (above.tokens - below.tokens);
  return below.seconds + share * (above.seconds - below.seconds);
}

}  // namespace

std::string_view evidence_name(Evidence evidence) {
  switch (evidence) {
    case Evidence::kLookedUp:
      return "looked-up";
    case Evidence::kEstimated:
      return "estimated";
    case Evidence::kCalibrated:
      return "calibrated";
    case Evidence::kRehearsed:
      return "rehearsed";
    case Evidence::kMeasured:
      return "measured";
  }
  return "unknown";
}

double attended_positions(const Shape& shape, double depth) {
  double weighted = 0;
  double weights = 0;
  for (const LayerShape& layer : shape.layers) {
    if (layer.kind != LayerKind::kAttention) continue;
    const double weight = double(layer.kv_heads) * (double(layer.key_length) + layer.value_length);
    const double seen = layer.sliding_window ? std::min(depth, double(*layer.sliding_window)) : depth;
    weighted += weight * seen;
    weights += weight;
  }
  return weights > 0 ? weighted / weights : 0;
}

double decode_slope_prior(const Shape& shape, Seconds step) {
  constexpr double kAgainstWeights = 4.8;
  const auto kv = static_cast<double>(shape.kv_bytes_per_token().value);
  return kAgainstWeights * step.value * kv / static_cast<double>(shape.decode_bytes().value);
}

Interval<Seconds> decode_step(const Shape& shape, const Timings& timings, double depth,
                              const RunSetup& setup) {
  return step_at(shape, step_line(shape, timings, setup), depth);
}

Interval<Seconds> prefill(const Shape& shape, const Timings& timings, std::uint64_t tokens,
                          std::uint64_t depth, const RunSetup& setup) {
  if (tokens == 0) return {};
  const double slope = prefill_slope(shape, timings);
  const std::vector<BatchCost> costs = batch_costs(shape, timings, slope);
  const std::uint64_t all = tokens * setup.sessions;
  const std::uint64_t full = all / setup.batch;
  double seconds = static_cast<double>(full) * interpolate(costs, static_cast<double>(setup.batch));
  if (const std::uint64_t rest = all % setup.batch; rest > 0) {
    seconds += interpolate(costs, static_cast<double>(rest));
  }
  double attention = 0;
  for (std::uint64_t done = 0; done < tokens; done += setup.batch) {
    const auto batch = static_cast<double>(std::min(setup.batch, tokens - done));
    const double middle = static_cast<double>(depth + done) + batch / 2;
    attention += setup.sessions * slope * batch * attended_positions(shape, middle);
  }
  Reach reach{};
  double deepest = 0;
  for (const PrefillPoint& point : timings.prefill) {
    reach = widest(reach, reach_of(point.duration));
    deepest = std::max(deepest, static_cast<double>(point.depth + point.tokens));
  }
  reach = extrapolated(reach, static_cast<double>(depth + tokens), deepest);
  return {Seconds((seconds + setup.attention.low * attention) * reach.low),
          Seconds(seconds + setup.attention.expected * attention),
          Seconds((seconds + setup.attention.high * attention) * reach.high)};
}

Interval<Seconds> decode(const Shape& shape, const Timings& timings, std::uint64_t tokens,
                         std::uint64_t depth, const RunSetup& setup) {
  // The step is linear in depth but for the corners of sliding windows: sixteen stretches follow those
  // closely.
  constexpr std::uint64_t kStretches = 16;
  const StepLine line = step_line(shape, timings, setup);
  Interval<Seconds> sum{};
  std::uint64_t done = 0;
  for (std::uint64_t stretch = 1; stretch <= kStretches; ++stretch) {
    const std::uint64_t end = tokens * stretch / kStretches;
    const double middle = static_cast<double>(depth) + static_cast<double>(done + end) / 2;
    if (end > done) sum = sum + step_at(shape, line, middle) * static_cast<double>(end - done);
    done = end;
  }
  return sum;
}

}  // namespace tokcast
