#include "forecast/memory.h"

#include <algorithm>

#include "forecast/cost_model.h"

namespace tokcast {
namespace {

// The engine's own code, heap and thread stacks, seen as resident memory of llama-server beside its buffers.
constexpr Bytes kProcess{64ULL << 20U};

// llama.cpp reserves, for a micro-batch of F32 rows, the logits of every token (vocabulary) or the widest
// activations of a layer (about four feed-forward widths), whichever is larger; never both at once.
Bytes estimated_compute(const Shape& shape) {
  std::uint64_t widest = shape.embedding_length;
  for (const Tensor& tensor : shape.header.tensors) {
    if (tensor.layer() && tensor.dimensions.size() == 2) widest = std::max(widest, tensor.dimensions[1]);
  }
  const std::uint64_t row = std::max<std::uint64_t>(shape.vocabulary, 4 * widest);
  return Bytes(row * kMicroBatch * sizeof(float));
}

}  // namespace

std::optional<bool> MemoryNeed::fits() const {
  if (!limit) return std::nullopt;
  return total() <= limit->bytes;
}

MemoryNeed memory_need(const Shape& shape, Tokens context, std::optional<Bytes> measured_compute,
                       std::optional<MemoryBound> limit) {
  MemoryNeed need;
  need.weights = shape.weight_bytes();
  need.kv = shape.kv_bytes(context);
  need.compute = measured_compute.value_or(estimated_compute(shape)) + kProcess;
  need.limit = std::move(limit);
  return need;
}

}  // namespace tokcast
