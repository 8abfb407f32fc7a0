// What a shape adds up to. Sums saturate: a hostile header may describe more than 64 bits count.
#include "model/shape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/checked.h"
#include "model/shape_layers.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

// The padding of llama.cpp's caches.
constexpr std::uint64_t kCachePadding = 256;

template <typename Amount>
std::uint64_t sum_over(const std::vector<Tensor>& tensors, Amount amount) {
  std::uint64_t sum = 0;
  for (const Tensor& tensor : tensors) sum = checked_add(sum, amount(tensor)).value_or(kMost);
  return sum;
}

std::uint64_t chosen_part(const Shape& shape, const Tensor& tensor, std::uint64_t amount) {
  if (!shape.experts || !is_expert_tensor(tensor.name)) return amount;
  return amount / *shape.experts * shape.experts_used.value_or(*shape.experts);
}

// Tables of which a token reads one row.
bool is_looked_up(const Shape& shape, std::string_view name) {
  constexpr auto kTables = std::to_array<std::string_view>(
      {"per_layer_token_embd.weight", "position_embd.weight", "token_types.weight"});
  return (name == "token_embd.weight" && !shape.tied_output) ||
         std::ranges::find(kTables, name) != kTables.end();
}

std::uint64_t decoded_bytes(const Shape& shape, const Tensor& tensor) {
  if (tensor.layer().value_or(0) >= shape.layers.size()) return 0;  // next-token prediction
  if (is_looked_up(shape, tensor.name)) return row_bytes(tensor.type, tensor.dimensions.front()).value_or(0);
  return chosen_part(shape, tensor, tensor.bytes().value);
}

double bytes_per_token(const LayerShape& layer, const KvBytes& element) {
  if (layer.kind != LayerKind::kAttention || layer.borrows_keys_values) return 0;
  const double values = layer.values_in_keys ? 0 : element.value * layer.value_length;
  return double{1} * layer.kv_heads * (element.key * layer.key_length + values);
}

Bytes whole_bytes(double bytes) {
  constexpr double kEnd = 18446744073709551616.0;  // 2^64
  return Bytes(bytes < kEnd ? static_cast<std::uint64_t>(std::ceil(bytes)) : kMost);
}

std::uint64_t padded(std::uint64_t positions) {
  return checked_round_up(positions, kCachePadding).value_or(kMost);
}

// As llama_kv_cache_iswa: a window's cache holds the window and one micro-batch.
std::uint64_t cached_positions(const LayerShape& layer, std::uint64_t context) {
  const std::uint64_t all = padded(context);
  if (!layer.sliding_window) return all;
  return padded(std::min(all, *layer.sliding_window + kMicroBatch));
}

}  // namespace

std::uint64_t Shape::parameters() const {
  return sum_over(header.tensors, [](const Tensor& tensor) { return tensor.elements(); });
}

std::uint64_t Shape::active_parameters() const {
  return sum_over(header.tensors,
                  [this](const Tensor& tensor) { return chosen_part(*this, tensor, tensor.elements()); });
}

Bytes Shape::weight_bytes() const {
  return Bytes(sum_over(header.tensors, [](const Tensor& tensor) { return tensor.bytes().value; }));
}

Bytes Shape::decode_bytes() const {
  return Bytes(
      sum_over(header.tensors, [this](const Tensor& tensor) { return decoded_bytes(*this, tensor); }));
}

Bytes Shape::kv_bytes_per_token(KvBytes element) const {
  double bytes = 0;
  for (const LayerShape& layer : layers) bytes += bytes_per_token(layer, element);
  return whole_bytes(bytes);
}

Bytes Shape::kv_bytes(Tokens context, KvBytes element, std::size_t first_layer) const {
  double bytes = 0;
  for (std::size_t i = first_layer; i < layers.size(); ++i) {
    bytes +=
        bytes_per_token(layers[i], element) * static_cast<double>(cached_positions(layers[i], context.value));
  }
  return whole_bytes(bytes);
}

Bytes Shape::state_bytes(std::size_t first_layer) const {
  double elements = 0;
  for (std::size_t i = first_layer; i < layers.size(); ++i) {
    elements += static_cast<double>(layers[i].state_elements);
  }
  return whole_bytes(elements * sizeof(float));
}

}  // namespace tokcast
