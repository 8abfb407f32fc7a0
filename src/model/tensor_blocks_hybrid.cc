// Blocks of hybrid models and of Gemma 3n and 4.
#include "model/tensor_blocks.h"

namespace tokcast {

void state_space(TensorSink& sink, const Layer& layer, bool norm) {
  const std::uint64_t inner = flag(layer.row, "d_inner");
  const std::uint64_t groups = flag(layer.row, "n_group");
  const std::uint64_t heads = flag(layer.row, "dt_rank");
  const std::uint64_t convolved = inner + 2 * groups * flag(layer.row, "d_state");
  sink.matrix("ssm_in", layer.embedding(), inner + convolved + heads);
  sink.matrix("ssm_conv1d", flag(layer.row, "d_conv"), convolved, true);
  sink.add("ssm_dt.bias", {heads});
  sink.add("ssm_a", {1, heads});
  sink.add("ssm_d", {1, heads});
  if (norm) sink.add("ssm_norm.weight", {inner / groups, groups});
  sink.matrix("ssm_out", inner, layer.embedding());
}

void short_convolution(TensorSink& sink, const Layer& layer) {
  sink.matrix("shortconv.conv", flag(layer.row, "l_cache"), layer.embedding());
  sink.matrix("shortconv.in_proj", layer.embedding(), 3 * layer.embedding());
  sink.matrix("shortconv.out_proj", layer.embedding(), layer.embedding());
}

void delta_net(TensorSink& sink, const Layer& layer, bool fused) {
  const std::uint64_t in = layer.embedding();
  const std::uint64_t length = flag(layer.row, "lin_hd");
  const std::uint64_t heads = flag(layer.row, "lin_v");
  const std::uint64_t values = heads * length;
  const std::uint64_t mixed = 2 * flag(layer.row, "lin_k") * length + values;
  sink.matrix("attn_qkv", in, mixed);
  sink.matrix("attn_gate", in, values);
  sink.matrix("ssm_conv1d", flag(layer.row, "conv"), mixed);
  sink.add("ssm_dt.bias", {heads});
  sink.add("ssm_a", {heads});
  if (fused) {
    sink.matrix("ssm_ba", in, 2 * heads);
  } else {
    sink.matrix("ssm_alpha", in, heads);
    sink.matrix("ssm_beta", in, heads);
  }
  sink.norm("ssm_norm", length);
  sink.matrix("ssm_out", values, in);
}

void per_layer_embeddings(TensorSink& sink, const CatalogueRow& row) {
  const std::uint64_t length = flag(row, "n_embd_per_layer");
  if (length == 0) return;
  sink.matrix("per_layer_token_embd", length * row.layers, row.vocabulary);
  sink.matrix("per_layer_model_proj", row.embedding_length, length * row.layers);
  sink.norm("per_layer_proj_norm", length);
}

void per_layer_inputs(TensorSink& sink, const Layer& layer) {
  const std::uint64_t length = flag(layer.row, "n_embd_per_layer");
  if (length == 0) return;
  sink.matrix("inp_gate", layer.embedding(), length);
  sink.matrix("proj", length, layer.embedding());
  sink.norm("post_norm", layer.embedding());
}

void alternating_updates(TensorSink& sink, const CatalogueRow& row) {
  const std::uint64_t copies = flag(row, "n_altup");
  const std::uint64_t length = row.embedding_length;
  sink.add("altup_proj.weight", {length, length, copies - 1});
  sink.add("altup_unembd_proj.weight", {length, length, copies - 1});
}

void alternating_updates(TensorSink& sink, const Layer& layer) {
  const std::uint64_t copies = flag(layer.row, "n_altup");
  const std::uint64_t rank = flag(layer.row, "laurel_rank");
  sink.matrix("altup_correct_coef", copies, copies);
  sink.norm("altup_correct_scale", layer.embedding());
  sink.matrix("altup_predict_coef", copies, copies * copies);
  sink.matrix("altup_router", layer.embedding(), copies);
  sink.norm("altup_router_norm", layer.embedding());
  sink.matrix("laurel_l", layer.embedding(), rank);
  sink.matrix("laurel_r", rank, layer.embedding());
  sink.norm("laurel_post_norm", layer.embedding());
}

void side_experts(TensorSink& sink, const Layer& layer) {
  const std::uint64_t in = layer.embedding();
  const std::uint64_t count = *layer.row.experts;
  const std::uint64_t width = layer.row.expert_feed_forward_length.value_or(0);
  sink.matrix("ffn_gate_inp", in, count);
  sink.add("ffn_gate_inp.scale", {in});
  sink.add("ffn_gate_up_exps.weight", {in, 2 * width, count});
  sink.add("ffn_down_exps.weight", {width, in, count});
  sink.add("ffn_down_exps.scale", {count});
  sink.norm("pre_ffw_norm_2", in);
  sink.norm("post_ffw_norm_1", in);
  sink.norm("post_ffw_norm_2", in);
}

}  // namespace tokcast
