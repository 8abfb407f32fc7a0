#include "forecast/memory.h"

#include <algorithm>
#include <limits>

#include "base/checked.h"
#include "forecast/cost_model.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / 8;  // sums of four do not wrap

// The engine's own code, heap and thread stacks, seen as resident memory of llama-server beside its buffers.
constexpr Bytes kProcess{64ULL << 20U};

// llama.cpp reserves, for a micro-batch of F32 rows, the logits of every token (vocabulary) or the widest
// activations of a layer (about four feed-forward widths), whichever is larger; never both at once.
Bytes estimated_compute(const Shape& shape, const Workload& workload) {
  std::uint64_t widest = shape.embedding_length;
  for (const Tensor& tensor : shape.header.tensors) {
    const bool wider = tensor.dimensions.size() == 2 && tensor.dimensions[1] > widest;
    if (wider && tensor.layer()) widest = tensor.dimensions[1];
  }
  const std::uint64_t row = std::max<std::uint64_t>(shape.vocabulary, 4 * widest);
  return Bytes(row * workload.batch_tokens * sizeof(float));
}

// Without flash attention the scores of a micro-batch against the whole context stand in memory, for every
// head in F32.
Bytes attention_scores(const Shape& shape, const Workload& workload) {
  if (workload.flash_attention != FlashAttention::kOff) return {};
  std::uint64_t heads = 0;
  for (const LayerShape& layer : shape.layers) heads = std::max<std::uint64_t>(heads, layer.heads);
  return Bytes(heads * workload.batch_tokens * sizeof(float) * workload.context_tokens);
}

Bytes saturating(std::optional<std::uint64_t> bytes) {
  return Bytes(std::min(bytes.value_or(kMost), kMost));
}

// Each session has a cache of its own.
Bytes caches(const Shape& shape, const Workload& workload, std::uint32_t first_layer) {
  const Bytes keys_values =
      shape.kv_bytes(Tokens(workload.context_tokens), cache_element(workload), first_layer);
  const auto one = checked_add(keys_values.value, shape.state_bytes(first_layer).value);
  return saturating(one ? checked_multiply(*one, std::uint64_t{workload.sessions}) : std::nullopt);
}

struct Weights {
  std::uint64_t main = 0;
  std::uint64_t cards = 0;
  std::uint64_t largest_in_main = 0;  // of one tensor of a layer
};

// The embedding stays in the main memory; a tied one is copied to serve as output.
Weights split_weights(const Shape& shape, std::uint32_t first_on_card) {
  Weights out;
  const auto add = [](std::uint64_t& sum, std::uint64_t bytes) {
    sum = std::min(checked_add(sum, bytes).value_or(kMost), kMost);
  };
  for (const Tensor& tensor : shape.header.tensors) {
    const std::uint64_t bytes = tensor.bytes().value;
    const auto layer = tensor.layer();
    const bool on_card = layer ? *layer >= first_on_card : tensor.name.starts_with("output");
    add(on_card ? out.cards : out.main, bytes);
    if (shape.tied_output && tensor.name == "token_embd.weight") add(out.cards, bytes);
    if (layer && !on_card) out.largest_in_main = std::max(out.largest_in_main, bytes);
  }
  return out;
}

double fullness(const MemoryShare& share) {
  return share.limit ? share.total() / std::max(share.limit->bytes, Bytes(1)) : 0;
}

}  // namespace

KvBytes cache_element(const Workload& workload) {
  const auto bytes = [](GgmlType type) {
    const TypeGeometry& is = geometry(type);
    return static_cast<double>(is.block_bytes) / static_cast<double>(is.block_elements);
  };
  return {bytes(workload.key_type), bytes(workload.value_type)};
}

std::optional<bool> MemoryShare::fits() const {
  if (!limit) return std::nullopt;
  return total() <= limit->bytes;
}

std::optional<bool> MemoryNeed::fits() const {
  const auto here = main.fits();
  if (!cards) return here;
  const auto there = cards->fits();
  if (here == false || there == false) return false;
  return here && there ? std::optional(true) : std::nullopt;
}

const std::optional<MemoryBound>& MemoryNeed::limit() const {
  return cards && fullness(*cards) >= fullness(main) ? cards->limit : main.limit;
}

std::uint32_t first_layer_on_card(const Shape& shape, std::uint32_t gpu_layers) {
  const auto all = static_cast<std::uint32_t>(shape.layers.size());
  return all + 1 - std::clamp(gpu_layers, 1U, all + 1);
}

MemoryNeed memory_need(const Shape& shape, const Workload& workload, std::optional<Bytes> measured_compute,
                       const MemoryLimits& limits) {
  const Bytes compute =
      measured_compute.value_or(estimated_compute(shape, workload)) + attention_scores(shape, workload);
  MemoryNeed need;
  need.main = {.weights = saturating(shape.weight_bytes().value),
               .kv = caches(shape, workload, 0),
               .compute = compute + kProcess,
               .limit = limits.main};
  if (workload.gpu_layers == 0 || !limits.cards) return need;
  const std::uint32_t first = first_layer_on_card(shape, workload.gpu_layers);
  const Weights weights = split_weights(shape, first);
  // A batch of tokens has the processor's weights brought to the card, one tensor after another.
  need.cards = MemoryShare{.weights = Bytes(weights.cards),
                           .kv = caches(shape, workload, first),
                           .compute = compute + saturating(weights.largest_in_main),
                           .limit = limits.cards};
  need.main.weights = Bytes(weights.main);
  need.main.kv = need.main.kv - need.cards->kv;
  need.main.compute = kProcess;
  return need;
}

std::uint32_t layers_that_fit(const Shape& shape, const Workload& workload, const MemoryLimits& limits) {
  constexpr Bytes kLeftFree = kGibi;
  const auto all = static_cast<std::uint32_t>(shape.layers.size()) + 1;
  if (!limits.cards) return all;
  std::uint32_t fitting = 0;
  std::uint32_t beyond = all + 1;  // the need grows with the layers: halve what lies between
  while (beyond - fitting > 1) {
    Workload tried = workload;
    tried.gpu_layers = fitting + (beyond - fitting) / 2;
    const MemoryNeed need = memory_need(shape, tried, std::nullopt, limits);
    (need.cards->total() + kLeftFree <= limits.cards->bytes ? fitting : beyond) = tried.gpu_layers;
  }
  return fitting;
}

}  // namespace tokcast
