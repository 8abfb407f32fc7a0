// The blocks that the layers of language models are built of, as llama.cpp names and shapes their tensors.
//
// Private to tensor_list.cc, which says which architecture has which blocks.
// Source: gguf-py/gguf/constants.py (names) and src/models/*.cpp (shapes) of ggml-org/llama.cpp.
#ifndef TOKCAST_MODEL_TENSOR_BLOCKS_H_
#define TOKCAST_MODEL_TENSOR_BLOCKS_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "model/catalogue.h"

namespace tokcast {

// A number of row.tensor_flags; 0 (off) if it is not there.
std::uint64_t flag(const CatalogueRow& row, std::string_view name);
// A text of row.tensor_flags; empty if it is not there. Lives as long as the row.
std::string_view flag_text(const CatalogueRow& row, std::string_view name);

// Collects tensors; the type follows from the name.
class TensorSink {
 public:
  // Names that follow belong to layer `index`.
  void begin_layer(std::uint64_t index);
  void add(std::string_view name, const Dimensions& dimensions) { add(name, "", dimensions); }
  // Likewise, by the two parts of a name.
  void add(std::string_view stem, std::string_view ending, const Dimensions& dimensions);
  // name.weight of rows of `in` elements, and name.bias where asked.
  void matrix(std::string_view name, std::uint64_t in, std::uint64_t out, bool bias = false);
  // name.weight, and name.bias where asked.
  void norm(std::string_view name, std::uint64_t length, bool bias = false);

  std::vector<Tensor> take() { return std::move(tensors_); }

 private:
  GgmlType type_of(std::string_view name, std::size_t dimensions);

  // Of names with several dimensions that were seen.
  std::vector<std::pair<std::string, GgmlType>> types_;
  std::size_t next_ = 0;
  std::string prefix_;
  std::vector<Tensor> tensors_;
};

// One layer of a row, with what holds for this layer alone.
struct Layer {
  const CatalogueRow& row;
  std::uint64_t index;
  std::uint64_t heads;
  std::uint64_t kv_heads;
  std::uint64_t head_length;
  std::uint64_t feed_forward;

  std::uint64_t embedding() const { return row.embedding_length; }
};

struct AttentionStyle {
  std::string_view qk_norm;  // "", "head", "full" or "perhead2d"
  bool gated_query = false;  // attn_q holds a gate beside the query
  bool sinks = false;        // attn_sinks
  bool values = true;        // attn_v; without it the keys serve as values
};

void attention(TensorSink& sink, const Layer& layer, const AttentionStyle& style);
// Multi-head latent attention. `split`: attn_k_b and attn_v_b instead of one attn_kv_b.
void latent_attention(TensorSink& sink, const Layer& layer, bool split);

// `gate`: ffn_gate beside ffn_up, unless the row says otherwise.
void feed_forward(TensorSink& sink, const Layer& layer, bool gate = true);

struct ExpertStyle {
  bool gate = true;             // ffn_gate_exps and ffn_gate_shexp
  bool shared_gate = false;     // ffn_gate_inp_shexp
  bool selection_bias = false;  // exp_probs_b
};

// A router, its experts and the expert that is always chosen.
void experts(TensorSink& sink, const Layer& layer, const ExpertStyle& style);

// A Mamba-2 mixer.
void state_space(TensorSink& sink, const Layer& layer, bool norm);
void short_convolution(TensorSink& sink, const Layer& layer);
// A gated delta net; `fused`: ssm_ba instead of ssm_alpha and ssm_beta.
void delta_net(TensorSink& sink, const Layer& layer, bool fused);

// What Gemma 3n and 4 add: per-layer embeddings, alternating updates, scales, experts beside the feed-forward
// block.
void per_layer_embeddings(TensorSink& sink, const CatalogueRow& row);
void per_layer_inputs(TensorSink& sink, const Layer& layer);
void alternating_updates(TensorSink& sink, const CatalogueRow& row);
void alternating_updates(TensorSink& sink, const Layer& layer);
void side_experts(TensorSink& sink, const Layer& layer);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_TENSOR_BLOCKS_H_
