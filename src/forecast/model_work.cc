#include "forecast/model_work.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>

#include "model/shape_layers.h"
#include "model/tensor_names.h"

namespace tokcast {
namespace {

// Which rows of a prefill a matrix sees.
enum class Seen { kNever, kEveryToken, kLastToken };

bool is_feed_forward(std::string_view name) {
  return name.find(".ffn_") != std::string_view::npos;
}

bool is_output(const Shape& shape, std::string_view name) {
  return name == "output.weight" || (name == "token_embd.weight" && shape.tied_output);
}

// What stands outside the layers: tables, of which a token reads one row; the output; and a few matrices that
// some families multiply before the first layer ("per_layer_model_proj.weight").
Seen seen_outside(const Shape& shape, std::string_view name) {
  if (is_output(shape, name)) return Seen::kLastToken;
  const bool table = name.ends_with("_embd.weight") || name == "token_types.weight";
  return table ? Seen::kNever : Seen::kEveryToken;
}

// A layer that is nothing but a feed-forward part (Nemotron-H) runs before the rows are dropped.
bool follows_the_drop(const Shape& shape, const Tensor& tensor, std::uint32_t layer) {
  if (layer + 1 != shape.layers.size() || shape.layers[layer].kind == LayerKind::kOther) return false;
  return is_feed_forward(tensor.name);
}

Seen seen_by(const Shape& shape, const Tensor& tensor, std::optional<std::uint32_t> layer) {
  if (!layer) return seen_outside(shape, tensor.name);
  if (*layer >= shape.layers.size()) return Seen::kNever;  // next-token prediction
  return follows_the_drop(shape, tensor, *layer) ? Seen::kLastToken : Seen::kEveryToken;
}

bool is_within(const Shape& shape, const Tensor& tensor, std::optional<std::uint32_t> layer,
               const LayerRange& range) {
  if (layer) return *layer >= range.first && *layer < range.end;
  return is_output(shape, tensor.name) ? range.output : range.input;
}

constexpr std::uint64_t kAlignedResults = 512;  // F32: 2 KiB

MatrixWork work_of(const Shape& shape, const Tensor& tensor, Seen seen, bool expert) {
  MatrixWork work{.type = tensor.type,
                  .last_token_only = seen == Seen::kLastToken,
                  .aligned_results = tensor.dimensions[1] % kAlignedResults == 0,
                  .parameters = static_cast<double>(tensor.elements())};
  if (shape.experts && expert) {
    work.experts = *shape.experts;
    work.experts_used = shape.experts_used.value_or(*shape.experts);
  }
  return work;
}

void add(std::vector<MatrixWork>& matrices, const MatrixWork& work) {
  const auto key = [](const MatrixWork& one) {
    return std::tuple(one.type, one.last_token_only, one.aligned_results, one.experts, one.experts_used);
  };
  const auto same = std::ranges::find(matrices, key(work), key);
  if (same == matrices.end()) return matrices.push_back(work);
  same->parameters += work.parameters;
}

// What matrices read and write for one token. A tensor may hold several: of experts, only those chosen count.
double values_of(const MatrixWork& work, const Tensor& tensor) {
  const auto in = static_cast<double>(tensor.dimensions[0]);
  const auto out = static_cast<double>(tensor.dimensions[1]);
  const double held = work.parameters / (in * out);
  return (in + out) * held * (work.experts_used / work.experts);
}

}  // namespace

double MatrixWork::touched_parameters(double tokens) const {
  const double missed = std::pow(1 - experts_used / experts, last_token_only ? 1 : tokens);
  return parameters * (1 - missed);
}

double MatrixWork::rows(double tokens) const {
  const double seen = last_token_only ? 1 : tokens;
  return seen * parameters * (experts_used / experts) / touched_parameters(tokens);
}

double weight_bytes_met(const ModelWork& work, double tokens) {
  double bytes = 0;
  for (const MatrixWork& matrix : work.matrices) {
    const TypeGeometry& type = geometry(matrix.type);
    bytes += matrix.touched_parameters(tokens) * static_cast<double>(type.block_bytes) /
             static_cast<double>(type.block_elements);
  }
  return bytes;
}

ModelWork model_work(const Shape& shape, const LayerRange& range) {
  ModelWork work{};
  auto expert = facts_by_name([](std::string_view name) { return is_expert_tensor(name); });
  for (const Tensor& tensor : shape.header.tensors) {
    if (tensor.dimensions.size() < 2) continue;  // norms and biases: part of what a layer costs
    const auto layer = tensor.layer();
    const Seen seen = seen_by(shape, tensor, layer);
    if (seen == Seen::kNever || !is_within(shape, tensor, layer, range)) continue;
    const MatrixWork matrix = work_of(shape, tensor, seen, expert.of(tensor.name));
    add(work.matrices, matrix);
    if (seen == Seen::kEveryToken) work.activation_values += values_of(matrix, tensor);
  }
  constexpr double kHalf = 2;  // bytes of F16
  for (std::size_t i = range.first; i < std::min<std::size_t>(shape.layers.size(), range.end); ++i) {
    const LayerShape& layer = shape.layers[i];
    work.layers += 1;
    work.state_values += static_cast<double>(layer.state_elements);
    if (layer.state_elements > 0) work.recurrent_layers += 1;
    if (layer.kind != LayerKind::kAttention) continue;
    const double length = double(layer.key_length) + layer.value_length;
    work.attention_values += double(layer.heads) * length;
    // Latent attention reads a position's vector once for keys and values.
    const double read = layer.values_in_keys ? layer.key_length : length;
    work.key_value_bytes += kHalf * double(layer.kv_heads) * read;
    work.attention_rest_64 += double(layer.heads) * (layer.key_length % 64 + layer.value_length % 64);
    work.attention_rest_32 += double(layer.heads) * (layer.key_length % 32 + layer.value_length % 32);
  }
  return work;
}

}  // namespace tokcast
