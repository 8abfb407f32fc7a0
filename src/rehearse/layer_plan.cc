#include "rehearse/layer_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tokcast {
namespace {

// Layers of one kind have the same tensors in the same types and the same attention.
struct LayerFacts {
  std::string position_kind;  // what the engine decides by position: window, recurrence, experts
  std::string kind;           // that, and the tensors
  std::uint64_t bytes = 0;
};

std::string tensor_text(const Tensor& tensor) {
  const auto dot = tensor.name.find('.', 4);  // behind "blk.N"
  return fmt::format("{}:{}:{};", tensor.name.substr(dot), fmt::join(tensor.dimensions, "x"),
                     static_cast<std::uint32_t>(tensor.type));
}

std::vector<LayerFacts> collect_facts(const Shape& shape) {
  std::vector<LayerFacts> facts(shape.layers.size());
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const LayerShape& layer = shape.layers[i];
    facts[i].position_kind = fmt::format("{}/{}/{}/{};", static_cast<int>(layer.kind), layer.mixture_of_experts,
                                         layer.sliding_window.value_or(0), layer.kv_heads);
    facts[i].kind = facts[i].position_kind;
  }
  for (const Tensor& tensor : shape.header.tensors) {
    const auto layer = tensor.layer();
    if (!layer || *layer >= facts.size()) continue;
    facts[*layer].bytes += tensor.bytes().value;
    facts[*layer].kind += tensor_text(tensor);
  }
  return facts;
}

// Layers at the start that differ from all that follow (the dense layers before a mixture's expert layers).
std::size_t count_lead(const std::vector<LayerFacts>& facts, const Shape& shape) {
  std::size_t lead = 0;
  while (lead < facts.size() && shape.layers[lead].mixture_of_experts != shape.layers.back().mixture_of_experts) ++lead;
  return lead;
}

// The shortest distance after which the kinds of positions repeat.
std::size_t find_period(const std::vector<LayerFacts>& facts, std::size_t lead) {
  const std::size_t count = facts.size() - lead;
  for (std::size_t period = 1; period <= count / 2; ++period) {
    bool repeats = true;
    for (std::size_t i = lead + period; i < facts.size() && repeats; ++i) {
      repeats = facts[i].position_kind == facts[i - period].position_kind;
    }
    if (repeats) return period;
  }
  return 0;
}

// Picks layers one position after another, each time the kind that is furthest behind its share in the whole.
class ProportionalPicker {
 public:
  ProportionalPicker(const std::vector<LayerFacts>& facts, std::size_t lead, std::size_t period)
      : facts_(facts), lead_(lead), period_(period) {
    for (std::size_t i = lead; i < facts.size(); ++i) layers_of_kind_[slot_kind(i)].push_back(i);
  }

  // The layer for skeleton position `position` (>= lead), counted from the last restart().
  std::uint32_t pick(std::size_t position) {
    const std::size_t slot = (position - lead_) % period_;
    const std::vector<std::size_t>* best = nullptr;
    double best_lag = -1e9;
    for (const auto& [key, layers] : layers_of_kind_) {
      if (key.first != slot) continue;
      const double share = static_cast<double>(layers.size()) / static_cast<double>(facts_.size() - lead_);
      const double lag = share * static_cast<double>(picked_ + 1) - picked_of_kind_[key];
      if (lag > best_lag) best_lag = lag, best = &layers;
    }
    ++picked_;
    const auto key = slot_kind(best->front());
    const auto nth = static_cast<std::size_t>(picked_of_kind_[key]++);
    return static_cast<std::uint32_t>((*best)[nth % best->size()]);
  }

  void restart() {
    picked_ = 0;
    picked_of_kind_.clear();
  }

 private:
  using Key = std::pair<std::size_t, std::string>;
  Key slot_kind(std::size_t layer) const { return {(layer - lead_) % period_, facts_[layer].kind}; }

  const std::vector<LayerFacts>& facts_;
  std::size_t lead_;
  std::size_t period_;
  std::map<Key, std::vector<std::size_t>> layers_of_kind_;
  std::map<Key, double> picked_of_kind_;
  std::size_t picked_ = 0;
};

struct Counts {
  std::size_t small = 0;
  std::size_t large = 0;
};

// As many layers as the budget holds, at least two repetitions of the pattern beyond the lead; the small skeleton gets
// about a quarter of them. One repetition must not be a single layer: a difference of two halves its noise.
Counts choose_counts(std::size_t lead, std::size_t period, std::size_t layers, double affordable) {
  const std::size_t repeats = (layers - lead) / period;
  const std::size_t least_added = period == 1 && repeats >= 3 ? 2 : 1;
  const double beyond_lead = (affordable - static_cast<double>(lead)) / static_cast<double>(period);
  const auto wanted = static_cast<std::size_t>(std::clamp(beyond_lead, 1.0 + static_cast<double>(least_added),
                                                          static_cast<double>(repeats)));
  const std::size_t small = std::max<std::size_t>(1, wanted / 4);
  return {lead + small * period, lead + std::max(wanted, small + least_added) * period};
}

Bytes bytes_outside_layers(const Shape& shape) {
  Bytes sum{};
  for (const Tensor& tensor : shape.header.tensors) {
    if (!tensor.layer()) sum += tensor.bytes();
  }
  return sum;
}

}  // namespace

Bytes rehearsal_byte_budget(const Shape& shape) {
  constexpr std::uint64_t kSmallModelBytes = 300ULL << 20U;
  const std::uint64_t total = shape.weight_bytes().value;
  return Bytes(std::min(std::max(total * 15 / 100, kSmallModelBytes), total * 60 / 100));
}

Result<LayerPlan> plan_layers(const Shape& shape, Bytes byte_budget) {
  if (!shape.not_modelled.empty()) {
    return fail(ErrorKind::kUnsupported, shape.not_modelled.front(), shape.id, "It cannot be rehearsed yet.");
  }
  const std::vector<LayerFacts> facts = collect_facts(shape);
  const std::size_t lead = count_lead(facts, shape);
  const std::size_t period = find_period(facts, lead);
  if (period == 0) {
    return fail(ErrorKind::kUnsupported, "its layers follow no repeating pattern that two skeletons could show",
                shape.id, "It cannot be rehearsed yet.");
  }
  std::uint64_t layer_bytes = 0;
  for (std::size_t i = lead; i < facts.size(); ++i) layer_bytes += facts[i].bytes;
  const double average = static_cast<double>(layer_bytes) / static_cast<double>(facts.size() - lead);
  LayerPlan plan;
  plan.bytes = bytes_outside_layers(shape);
  const double room = static_cast<double>(byte_budget.value) - static_cast<double>(plan.bytes.value);
  const Counts counts = choose_counts(lead, period, facts.size(), room / average);
  ProportionalPicker picker(facts, lead, period);
  for (std::size_t position = 0; position < counts.large; ++position) {
    if (position == counts.small) picker.restart();
    plan.large.push_back(position < lead ? static_cast<std::uint32_t>(position) : picker.pick(position));
    plan.bytes += Bytes(facts[plan.large.back()].bytes);
  }
  plan.small_count = static_cast<std::uint32_t>(counts.small);
  return plan;
}

}  // namespace tokcast
