#include "rehearse/prior_costs.h"

#include <algorithm>

namespace tokcast {
namespace {

// How well work predicts cost, a priori. Decode reads bytes, and kinds differ little in bytes per second;
// prefill multiplies, and kernels of different types differ several-fold (repacked or not; docs/FORECAST.md).
constexpr double kDecodeKindDeviation = 0.15;
constexpr double kPrefillKindDeviation = 0.6;
constexpr double kDecodeOutsideDeviation = 0.35;
constexpr double kPrefillOutsideDeviation = 1.0;
// The output matrix meets one token of a prefill, as slowly as in decode: it costs about as much as ten
// tokens of the same size in a batch would.
constexpr double kOutsideTokens = 10;
// The last layer of a prefill does its feed-forward part for the one token whose logits are asked (llama.cpp
// drops the other rows there): about a third of a layer is left, and counts as outside the layers.
constexpr double kLastLayerShare = 0.3;

double output_work(const Shape& shape) {
  return static_cast<double>(shape.vocabulary) * shape.embedding_length * kOutsideTokens;
}

double last_layer_work(const LayerKinds& kinds, const BenchTest& prefill) {
  return kinds.kinds[kinds.of_layer.back()].active_parameters * kLastLayerShare * prefill.prompt;
}

std::vector<Unknown> decode_costs(const Shape& shape, const LayerKinds& kinds) {
  std::vector<Unknown> out{{outside_decode_bytes(shape, kinds), kDecodeOutsideDeviation}};
  for (const LayerKindFacts& kind : kinds.kinds) out.push_back({kind.decode_bytes, kDecodeKindDeviation});
  return out;
}

std::vector<Unknown> prefill_costs(const Shape& shape, const LayerKinds& kinds, const BenchTest& prefill) {
  const double outside = output_work(shape) + last_layer_work(kinds, prefill);
  std::vector<Unknown> out{{outside, kPrefillOutsideDeviation}};
  for (const LayerKindFacts& kind : kinds.kinds)
    out.push_back({kind.active_parameters * prefill.prompt, kPrefillKindDeviation});
  return out;
}

}  // namespace

std::vector<Unknown> prior_costs(const Shape& shape, const LayerKinds& kinds, const BenchTest& test) {
  return test.generate > 0 ? decode_costs(shape, kinds) : prefill_costs(shape, kinds, test);
}

Composition composition(const LayerKinds& kinds, std::vector<std::uint32_t> layers, const BenchTest& test) {
  if (test.prompt > 0) layers.pop_back();
  Composition out{1};
  for (const double count : kinds.count(layers)) out.push_back(count);
  return out;
}

double output_share(const Shape& shape, const LayerKinds& kinds, const BenchTest& prefill) {
  return output_work(shape) / (output_work(shape) + last_layer_work(kinds, prefill));
}

double outside_decode_bytes(const Shape& shape, const LayerKinds& kinds) {
  double inside = 0;
  for (std::size_t layer = 0; layer < shape.layers.size(); ++layer) inside += kinds.facts(layer).decode_bytes;
  return std::max(static_cast<double>(shape.decode_bytes().value) - inside, 1.0);
}

double attention_work(const Shape& shape, const std::vector<std::uint32_t>& layers, double depth) {
  double sum = 0;
  for (const std::uint32_t index : layers) {
    const LayerShape& layer = shape.layers[index];
    if (layer.kind != LayerKind::kAttention) continue;
    const double seen = layer.sliding_window ? std::min(depth, double(*layer.sliding_window)) : depth;
    sum += seen * layer.kv_heads * (double(layer.key_length) + layer.value_length);
  }
  return sum;
}

}  // namespace tokcast
