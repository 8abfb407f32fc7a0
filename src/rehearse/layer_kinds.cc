#include "rehearse/layer_kinds.h"

#include <fmt/format.h>

#include <map>
#include <numeric>

namespace tokcast {
namespace {

struct LayerText {
  std::string tensors;
  LayerKindFacts facts{};
};

std::string tensor_text(const Tensor& tensor) {
  const auto dot = tensor.name.find('.', 4);  // behind "blk.N"
  return fmt::format("{}:{}:{};", tensor.name.substr(dot), fmt::join(tensor.dimensions, "x"),
                     static_cast<std::uint32_t>(tensor.type));
}

double expert_share(const Shape& shape, const Tensor& tensor) {
  if (!shape.experts || !shape.experts_used || tensor.name.find("_exps") == std::string::npos) return 1;
  return static_cast<double>(*shape.experts_used) / static_cast<double>(*shape.experts);
}

std::vector<LayerText> describe_layers(const Shape& shape) {
  std::vector<LayerText> layers(shape.layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerShape& layer = shape.layers[i];
    layers[i].facts.window_blind =
        fmt::format("{}/{}/{}", static_cast<int>(layer.kind), layer.mixture_of_experts, layer.kv_heads);
    layers[i].facts.position =
        fmt::format("{}/{}", layers[i].facts.window_blind, layer.sliding_window.value_or(0));
  }
  for (const Tensor& tensor : shape.header.tensors) {
    const auto index = tensor.layer();
    if (!index || *index >= layers.size()) continue;
    LayerText& layer = layers[*index];
    layer.tensors += tensor_text(tensor);
    layer.facts.bytes += tensor.bytes().value;
    layer.facts.decode_bytes += expert_share(shape, tensor) * static_cast<double>(tensor.bytes().value);
    layer.facts.active_parameters += expert_share(shape, tensor) * static_cast<double>(tensor.elements());
  }
  return layers;
}

}  // namespace

std::vector<double> LayerKinds::count(const std::vector<std::uint32_t>& layers) const {
  std::vector<double> counts(kinds.size(), 0);
  for (const std::uint32_t layer : layers) ++counts[of_layer[layer]];
  return counts;
}

LayerKinds layer_kinds(const Shape& shape) {
  LayerKinds out;
  std::map<std::string, std::size_t> known;
  for (LayerText& layer : describe_layers(shape)) {
    const auto [entry, is_new] = known.try_emplace(layer.facts.position + layer.tensors, out.kinds.size());
    if (is_new) out.kinds.push_back(std::move(layer.facts));
    out.of_layer.push_back(entry->second);
  }
  return out;
}

std::vector<std::uint32_t> all_layers(const Shape& shape) {
  std::vector<std::uint32_t> layers(shape.layers.size());
  std::iota(layers.begin(), layers.end(), 0U);
  return layers;
}

}  // namespace tokcast
