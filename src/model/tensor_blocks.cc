#include "model/tensor_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tokcast {
namespace {

// What the converter writes as F32: all that has one dimension, all whose name does not end in ".weight",
// norms, routers and small convolutions. The rest keeps the 16 bits of the original. Source:
// conversion/base.py of ggml-org/llama.cpp.
bool has_f32_name(std::string_view name) {
  static constexpr std::array kParts = {"_norm.weight",   "ffn_gate_inp.weight", "ssm_conv1d",
                                        "shortconv.conv", "altup_correct_coef",  "altup_predict_coef"};
  return !name.ends_with(".weight") ||
         std::ranges::any_of(kParts, [&](std::string_view part) { return name.contains(part); });
}

void qk_norms(TensorSink& sink, const Layer& layer, std::string_view kind) {
  const std::uint64_t length = layer.head_length;
  if (kind == "head") {
    sink.norm("attn_q_norm", length);
    sink.norm("attn_k_norm", length);
  } else if (kind == "full") {
    sink.norm("attn_q_norm", layer.heads * length);
    sink.norm("attn_k_norm", layer.kv_heads * length);
  } else if (kind == "perhead2d") {
    sink.add("attn_q_norm.weight", {length, layer.heads});
    sink.add("attn_k_norm.weight", {length, layer.kv_heads});
  }
}

void expert_matrix(TensorSink& sink, std::string_view name, std::uint64_t in, std::uint64_t out,
                   const CatalogueRow& row) {
  const std::uint64_t count = *row.experts;
  sink.add(name, ".weight", {in, out, count});
  if (flag(row, "moe_bias") != 0) sink.add(name, ".bias", {out, count});
}

}  // namespace

std::uint64_t flag(const CatalogueRow& row, std::string_view name) {
  const auto found = row.tensor_flags.find(name);
  return found != row.tensor_flags.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::string_view flag_text(const CatalogueRow& row, std::string_view name) {
  const auto found = row.tensor_flags.find(name);
  if (found == row.tensor_flags.end() || !found->is_string()) return {};
  return found->get_ref<const std::string&>();
}

void TensorSink::begin_layer(std::uint64_t index) {
  prefix_ = fmt::format("blk.{}.", index);
}

void TensorSink::add(std::string_view stem, std::string_view ending, const Dimensions& dimensions) {
  Tensor tensor{.dimensions = dimensions};
  tensor.name.reserve(prefix_.size() + stem.size() + ending.size());
  tensor.name.append(prefix_).append(stem).append(ending);
  tensor.type = type_of(std::string_view(tensor.name).substr(prefix_.size()), dimensions.size());
  tensors_.push_back(std::move(tensor));
}

// Layers repeat: what follows is mostly what followed last time.
GgmlType TensorSink::type_of(std::string_view name, std::size_t dimensions) {
  if (dimensions < 2) return GgmlType::kF32;
  if (next_ >= types_.size() || types_[next_].first != name) {
    const auto known = std::ranges::find(types_, name, &std::pair<std::string, GgmlType>::first);
    next_ = static_cast<std::size_t>(known - types_.begin());
    if (known == types_.end())
      types_.emplace_back(name, has_f32_name(name) ? GgmlType::kF32 : GgmlType::kF16);
  }
  return types_[next_++].second;
}

void TensorSink::matrix(std::string_view name, std::uint64_t in, std::uint64_t out, bool bias) {
  add(name, ".weight", {in, out});
  if (bias) add(name, ".bias", {out});
}

void TensorSink::norm(std::string_view name, std::uint64_t length, bool bias) {
  add(name, ".weight", {length});
  if (bias) add(name, ".bias", {length});
}

void attention(TensorSink& sink, const Layer& layer, const AttentionStyle& style) {
  const std::uint64_t in = layer.embedding();
  const std::uint64_t queries = layer.heads * layer.head_length;
  const std::uint64_t keys = layer.kv_heads * layer.head_length;
  const bool bias = flag(layer.row, "qkv_bias") != 0;
  if (flag(layer.row, "fused_qkv") != 0) {
    sink.matrix("attn_qkv", in, queries + 2 * keys, bias);
  } else {
    sink.matrix("attn_q", in, style.gated_query ? 2 * queries : queries, bias);
    sink.matrix("attn_k", in, keys, bias);
    if (style.values) sink.matrix("attn_v", in, keys, bias);
  }
  sink.matrix("attn_output", queries, in, flag(layer.row, "o_bias") != 0);
  qk_norms(sink, layer, style.qk_norm);
  if (style.sinks) sink.add("attn_sinks.weight", {layer.heads});
}

void latent_attention(TensorSink& sink, const Layer& layer, bool split) {
  const CatalogueRow& row = layer.row;
  const std::uint64_t rank = flag(row, "kv_lora");
  const std::uint64_t rotated = flag(row, "rope_d");
  const std::uint64_t plain = flag(row, "nope_d");
  const std::uint64_t values = flag(row, "v_d");
  const std::uint64_t queries = layer.heads * (plain + rotated);
  if (const std::uint64_t query_rank = flag(row, "q_lora"); query_rank != 0) {
    sink.matrix("attn_q_a", layer.embedding(), query_rank);
    sink.norm("attn_q_a_norm", query_rank);
    sink.matrix("attn_q_b", query_rank, queries);
  } else {
    sink.matrix("attn_q", layer.embedding(), queries);
  }
  sink.matrix("attn_kv_a_mqa", layer.embedding(), rank + rotated);
  sink.norm("attn_kv_a_norm", rank);
  if (split) {
    sink.add("attn_k_b.weight", {plain, rank, layer.heads});
    sink.add("attn_v_b.weight", {rank, values, layer.heads});
  } else {
    sink.matrix("attn_kv_b", rank, layer.heads * (plain + values));
  }
  sink.matrix("attn_output", layer.heads * values, layer.embedding());
}

void feed_forward(TensorSink& sink, const Layer& layer, bool gate) {
  const std::uint64_t in = layer.embedding();
  const std::uint64_t width = layer.feed_forward;
  const bool bias = flag(layer.row, "ffn_bias") != 0;
  const bool fused = flag(layer.row, "fused_ffn") != 0;
  if (gate && !fused && flag(layer.row, "no_gate") == 0) sink.matrix("ffn_gate", in, width, bias);
  sink.matrix("ffn_up", in, fused ? 2 * width : width, bias);
  sink.matrix("ffn_down", width, in, bias);
}

void experts(TensorSink& sink, const Layer& layer, const ExpertStyle& style) {
  const CatalogueRow& row = layer.row;
  const std::uint64_t in = layer.embedding();
  const std::uint64_t width = row.expert_feed_forward_length.value_or(0);
  const std::uint64_t latent = flag(row, "latent");
  const std::uint64_t expert_in = latent != 0 ? latent : in;
  sink.matrix("ffn_gate_inp", in, *row.experts, flag(row, "moe_bias") != 0);
  if (style.selection_bias) sink.add("exp_probs_b.bias", {*row.experts});
  if (latent != 0) {
    sink.matrix("ffn_latent_down", in, latent);
    sink.matrix("ffn_latent_up", latent, in);
  }
  if (style.gate) expert_matrix(sink, "ffn_gate_exps", expert_in, width, row);
  expert_matrix(sink, "ffn_up_exps", expert_in, width, row);
  expert_matrix(sink, "ffn_down_exps", width, expert_in, row);
  const std::uint64_t shared = flag(row, "n_ff_shexp");
  if (shared == 0) return;
  if (style.shared_gate) sink.add("ffn_gate_inp_shexp.weight", {in});
  if (style.gate) sink.matrix("ffn_gate_shexp", in, shared);
  sink.matrix("ffn_up_shexp", in, shared);
  sink.matrix("ffn_down_shexp", shared, in);
}

}  // namespace tokcast
