#include "rehearse/layer_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "rehearse/layer_kinds.h"

namespace tokcast {
namespace {

// Where layers of which kind may stand: `lead` positions at the start, then a pattern of `period` positions.
struct Pattern {
  std::size_t lead = 0;
  std::size_t period = 0;
};

using PositionKey = std::string LayerKindFacts::*;

// Layers at the start that differ from all that follow: the dense layers before a mixture's expert layers.
std::size_t count_lead(const Shape& shape) {
  std::size_t lead = 0;
  const bool mixture = shape.layers.back().mixture_of_experts;
  while (shape.layers[lead].mixture_of_experts != mixture) ++lead;
  return lead;
}

// The shortest distance after which positions repeat; 0 if none is at most half the layers.
std::size_t find_period(const LayerKinds& kinds, std::size_t lead, PositionKey key) {
  const std::size_t count = kinds.of_layer.size();
  for (std::size_t period = 1; period <= (count - lead) / 2; ++period) {
    bool repeats = true;
    for (std::size_t i = lead + period; i < count && repeats; ++i) {
      repeats = kinds.facts(i).*key == kinds.facts(i - period).*key;
    }
    if (repeats) return period;
  }
  return 0;
}

// Picks layers one position after another, each time the kind that is furthest behind its share in the whole.
class ProportionalPicker {
 public:
  ProportionalPicker(const LayerKinds& kinds, Pattern pattern) : kinds_(kinds), pattern_(pattern) {
    for (std::size_t i = pattern.lead; i < kinds.of_layer.size(); ++i) layers_[key_of(i)].push_back(i);
  }

  // The layer of the full model for this skeleton position.
  std::uint32_t pick(std::size_t position) {
    if (position < pattern_.lead) return static_cast<std::uint32_t>(position);
    const Key key = furthest_behind((position - pattern_.lead) % pattern_.period);
    const auto nth = static_cast<std::size_t>(picked_of_[key]++);
    ++picked_;
    return static_cast<std::uint32_t>(layers_[key][nth % layers_[key].size()]);
  }

 private:
  using Key = std::pair<std::size_t, std::size_t>;  // place in the pattern, kind

  Key key_of(std::size_t layer) const {
    return {(layer - pattern_.lead) % pattern_.period, kinds_.of_layer[layer]};
  }

  Key furthest_behind(std::size_t place) {
    const auto total = static_cast<double>(kinds_.of_layer.size() - pattern_.lead);
    Key best{};
    double best_lag = -1e9;
    for (const auto& [key, layers] : layers_) {
      const double share = static_cast<double>(layers.size()) / total;
      const double lag = share * static_cast<double>(picked_ + 1) - picked_of_[key];
      if (key.first == place && lag > best_lag) best_lag = lag, best = key;
    }
    return best;
  }

  const LayerKinds& kinds_;
  Pattern pattern_;
  std::map<Key, std::vector<std::size_t>> layers_;
  std::map<Key, double> picked_of_;
  std::size_t picked_ = 0;
};

struct Counts {
  std::size_t small = 0;
  std::size_t large = 0;
};

// As many layers as the budget holds, at least one repetition of the pattern beyond the small skeleton's;
// that gets about a quarter of them, more where it would read less than `least_small` layers' worth for a
// token, but never more than half. Where the pattern is a single layer, two at least are added: a difference
// of two halves its noise.
Counts choose_counts(Pattern pattern, std::size_t layers, double affordable, double least_small) {
  const std::size_t repeats = (layers - pattern.lead) / pattern.period;
  const std::size_t least_added = pattern.period == 1 && repeats >= 3 ? 2 : 1;
  const double beyond_lead =
      (affordable - static_cast<double>(pattern.lead)) / static_cast<double>(pattern.period);
  const auto wanted = static_cast<std::size_t>(
      std::clamp(beyond_lead, 1.0 + static_cast<double>(least_added), static_cast<double>(repeats)));
  const auto uncached = static_cast<std::size_t>(std::clamp(
      std::ceil(least_small / static_cast<double>(pattern.period)), 0.0, static_cast<double>(wanted) / 2));
  const std::size_t small = std::max({std::size_t{1}, wanted / 4, uncached});
  const std::size_t large = std::max(wanted, small + least_added);
  return {pattern.lead + small * pattern.period, pattern.lead + large * pattern.period};
}

Bytes bytes_outside_layers(const Shape& shape) {
  Bytes sum{};
  for (const Tensor& tensor : shape.header.tensors) {
    if (!tensor.layer()) sum += tensor.bytes();
  }
  return sum;
}

LayerPlan plan_for(const Shape& shape, const LayerKinds& kinds, Pattern pattern, Bytes byte_budget) {
  LayerPlan plan;
  plan.bytes = bytes_outside_layers(shape);
  double layer_bytes = 0;
  double read_bytes = 0;
  for (std::size_t i = pattern.lead; i < shape.layers.size(); ++i) {
    layer_bytes += static_cast<double>(kinds.facts(i).bytes);
    read_bytes += kinds.facts(i).decode_bytes;
  }
  const auto behind_lead = static_cast<double>(shape.layers.size() - pattern.lead);
  const double average = layer_bytes / behind_lead;
  // A large vocabulary may use up the budget alone; the difference of two skeletons of hardly any layers
  // would then drown in the noise of what lies outside them.
  constexpr double kLeastLayerBytes = 300e6;
  const double least = std::min(0.13 * static_cast<double>(shape.weight_bytes().value), kLeastLayerBytes);
  const double room = static_cast<double>(byte_budget.value) - static_cast<double>(plan.bytes.value);
  // A large server's cache holds more of a small skeleton than of the whole: docs/FORECAST.md, "What a cache
  // holds".
  constexpr double kLeastRead = 180e6;
  const double outside = static_cast<double>(shape.decode_bytes().value) - read_bytes;
  const double least_small = (kLeastRead - outside) / (read_bytes / behind_lead);
  const Counts counts =
      choose_counts(pattern, shape.layers.size(), std::max(room, least) / average, least_small);
  ProportionalPicker picker(kinds, pattern);
  for (std::size_t position = 0; position < counts.large; ++position) {
    plan.large.push_back(picker.pick(position));
    plan.bytes += Bytes(kinds.facts(plan.large.back()).bytes);
  }
  plan.small_count = static_cast<std::uint32_t>(counts.small);
  return plan;
}

}  // namespace

Bytes rehearsal_byte_budget(const Shape& shape) {
  constexpr std::uint64_t kLeast = 300ULL << 20U;
  constexpr std::uint64_t kMost = 1ULL << 30U;
  const std::uint64_t total = shape.weight_bytes().value;
  return Bytes(std::min({std::max(total * 15 / 100, kLeast), total * 60 / 100, kMost}));
}

Result<LayerPlan> plan_layers(const Shape& shape, Bytes byte_budget) {
  if (!shape.not_modelled.empty()) {
    return fail(ErrorKind::kUnsupported, shape.not_modelled.front(), shape.id, "It cannot be rehearsed yet.");
  }
  const LayerKinds kinds = layer_kinds(shape);
  const std::size_t lead = count_lead(shape);
  std::optional<LayerPlan> best;
  // Long window patterns (one full layer in six) make large skeletons. Windows matter only to the cost of
  // depth, which is counted by its own work, so positions may ignore them where that saves much.
  constexpr double kWorthIgnoring = 0.7;
  for (const PositionKey key : {&LayerKindFacts::position, &LayerKindFacts::window_blind}) {
    const std::size_t period = find_period(kinds, lead, key);
    if (period == 0) continue;
    LayerPlan plan = plan_for(shape, kinds, {lead, period}, byte_budget);
    if (!best || plan.bytes / best->bytes < kWorthIgnoring) best = std::move(plan);
  }
  if (!best) {
    return fail(ErrorKind::kUnsupported,
                "its layers follow no repeating pattern that two skeletons could show", shape.id,
                "It cannot be rehearsed yet.");
  }
  return *best;
}

}  // namespace tokcast
