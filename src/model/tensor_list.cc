// Every tensor of a catalogue row: which architecture has which blocks, in which layers.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/catalogue.h"
#include "model/tensor_blocks.h"
#include "model/tensor_names.h"

namespace tokcast {
namespace {

enum class Norms {
  kNone,           // none with weights
  kAttention,      // before attention only: the feed-forward block runs in parallel or is a layer of its own
  kBoth,           // before attention and before the feed-forward block
  kPostAttention,  // likewise, but the second is named post_attention_norm
  kPost,           // after each of the two
  kSandwich,       // before and after each of the two
};

enum class Mixer {
  kAttention,
  kLatent,       // multi-head latent attention
  kLatentFused,  // likewise, with attn_kv_b in one piece
  kStateSpace,   // Mamba-2 layers and attention layers
  kBothAtOnce,   // Mamba-2 and attention in every layer
  kConvolution,  // short convolutions and attention layers
  kDeltaNet,     // gated delta nets, every fourth layer attention
};

struct Anatomy {
  std::string_view name;
  Norms norms = Norms::kBoth;
  Mixer mixer = Mixer::kAttention;
  std::string_view qk_norm{};  // where the row does not say
};

constexpr std::array kAnatomies = {
    Anatomy{"apertus"},
    Anatomy{"arcee"},
    Anatomy{"baichuan"},
    Anatomy{"bailingmoe"},
    Anatomy{"bailingmoe2"},
    Anatomy{"chatglm"},
    Anatomy{"cohere2", Norms::kAttention},
    Anatomy{"command-r", Norms::kAttention},
    Anatomy{"deci"},
    Anatomy{"deepseek2", Norms::kBoth, Mixer::kLatent},
    Anatomy{"dots1"},
    Anatomy{"ernie4_5"},
    Anatomy{"ernie4_5-moe"},
    Anatomy{"exaone"},
    Anatomy{"exaone4", Norms::kPost},
    Anatomy{"falcon", Norms::kAttention},
    Anatomy{"falcon-h1", Norms::kBoth, Mixer::kBothAtOnce},
    Anatomy{"gemma"},
    Anatomy{"gemma2", Norms::kSandwich},
    Anatomy{"gemma3", Norms::kSandwich},
    Anatomy{"gemma3n", Norms::kSandwich, Mixer::kAttention, "head"},
    Anatomy{"gemma4", Norms::kSandwich, Mixer::kAttention, "head"},
    Anatomy{"glm4", Norms::kSandwich},
    Anatomy{"glm4moe", Norms::kPostAttention},
    Anatomy{"gpt-oss", Norms::kPostAttention},
    Anatomy{"granite"},
    Anatomy{"granitehybrid", Norms::kBoth, Mixer::kStateSpace},
    Anatomy{"granitemoe"},
    Anatomy{"hunyuan-moe"},
    Anatomy{"internlm2"},
    Anatomy{"lfm2", Norms::kBoth, Mixer::kConvolution, "head"},
    Anatomy{"lfm2moe", Norms::kBoth, Mixer::kConvolution, "head"},
    Anatomy{"llama"},
    Anatomy{"llama4"},
    Anatomy{"minicpm"},
    Anatomy{"minicpm3", Norms::kBoth, Mixer::kLatentFused},
    Anatomy{"minimax-m2"},
    Anatomy{"mistral3"},
    Anatomy{"nemotron"},
    Anatomy{"nemotron_h", Norms::kAttention, Mixer::kStateSpace},
    Anatomy{"nemotron_h_moe", Norms::kAttention, Mixer::kStateSpace},
    Anatomy{"olmo", Norms::kNone},
    Anatomy{"olmo2", Norms::kPost},
    Anatomy{"olmoe"},
    Anatomy{"phi2", Norms::kAttention},
    Anatomy{"phi3"},
    Anatomy{"phimoe"},
    Anatomy{"qwen2"},
    Anatomy{"qwen2moe"},
    Anatomy{"qwen3", Norms::kBoth, Mixer::kAttention, "head"},
    Anatomy{"qwen35", Norms::kPostAttention, Mixer::kDeltaNet, "head"},
    Anatomy{"qwen35moe", Norms::kPostAttention, Mixer::kDeltaNet, "head"},
    Anatomy{"qwen3moe", Norms::kBoth, Mixer::kAttention, "head"},
    Anatomy{"qwen3next", Norms::kPostAttention, Mixer::kDeltaNet, "head"},
    Anatomy{"qwen3vl", Norms::kBoth, Mixer::kAttention, "head"},
    Anatomy{"qwen3vlmoe", Norms::kBoth, Mixer::kAttention, "head"},
    Anatomy{"seed_oss", Norms::kPostAttention},
    Anatomy{"smollm3"},
    Anatomy{"stablelm"},
    Anatomy{"starcoder2"},
};

// One number for all layers, or one for each.
std::uint64_t of_layer(const std::vector<std::uint32_t>& numbers, std::uint64_t index) {
  if (numbers.empty()) return 0;
  return numbers.size() == 1 ? numbers.front() : numbers.at(index);
}

// The kind of this layer in tensor_flags.pattern: 'A' or '*' attention, 'M' Mamba-2, 'C' convolution, 'E'
// experts,
// '-' feed-forward, 'S' sliding window, 'F' full attention. A dot if the row has no pattern.
char kind(const Layer& layer) {
  const std::string_view pattern = flag_text(layer.row, "pattern");
  return layer.index < pattern.size() ? pattern[layer.index] : '.';
}

bool has_attention(const Layer& layer, Mixer mixer) {
  switch (mixer) {
    case Mixer::kStateSpace:
    case Mixer::kConvolution:
      return kind(layer) == 'A' || kind(layer) == '*';
    case Mixer::kDeltaNet:
      return (layer.index + 1) % 4 == 0;
    default:
      return layer.heads != 0;
  }
}

// Layers of Nemotron-H are one block each.
bool is_single_block(const Layer& layer) {
  return layer.row.architecture.starts_with("nemotron_h");
}

bool has_experts(const Layer& layer) {
  if (!layer.row.experts) return false;
  if (is_single_block(layer)) return kind(layer) == 'E';
  const std::uint64_t step = std::max<std::uint64_t>(1, flag(layer.row, "moe_step"));
  return layer.index >= flag(layer.row, "n_dense_lead") && (layer.index + 1) % step == 0;
}

bool has_feed_forward(const Layer& layer) {
  if (is_single_block(layer)) return kind(layer) == '-';
  return layer.feed_forward != 0 && !has_experts(layer);
}

AttentionStyle attention_style(const Layer& layer, const Anatomy& anatomy) {
  const std::string_view qk_norm = flag_text(layer.row, "qk_norm");
  return {.qk_norm = qk_norm.empty() ? anatomy.qk_norm : qk_norm,
          .gated_query = anatomy.mixer == Mixer::kDeltaNet,
          .sinks = anatomy.name == "gpt-oss",
          .values = flag(layer.row, "k_eq_v") == 0 || kind(layer) != 'F'};
}

void mixer_tensors(TensorSink& sink, const Layer& layer, const Anatomy& anatomy) {
  const Mixer mixer = anatomy.mixer;
  if (mixer == Mixer::kBothAtOnce) state_space(sink, layer, false);
  if (mixer == Mixer::kLatent || mixer == Mixer::kLatentFused) {
    latent_attention(sink, layer, mixer == Mixer::kLatent);
  } else if (has_attention(layer, mixer)) {
    if (layer.kv_heads == 0) {  // Deci: attention replaced by one matrix
      sink.matrix("attn_output", layer.embedding(), layer.embedding());
    } else {
      attention(sink, layer, attention_style(layer, anatomy));
    }
  } else if (mixer == Mixer::kStateSpace && kind(layer) == 'M') {
    state_space(sink, layer, true);
  } else if (mixer == Mixer::kConvolution) {
    short_convolution(sink, layer);
  } else if (mixer == Mixer::kDeltaNet) {
    delta_net(sink, layer, anatomy.name == "qwen3next");
  }
}

ExpertStyle expert_style(const Layer& layer, const Anatomy& anatomy) {
  const bool delta_net = anatomy.mixer == Mixer::kDeltaNet;
  return {.gate = !is_single_block(layer),
          .shared_gate = delta_net || flag(layer.row, "shexp_gate_inp") != 0,
          .selection_bias =
              is_single_block(layer) || anatomy.name == "lfm2moe" || flag(layer.row, "probs_b") != 0};
}

void feed_forward_tensors(TensorSink& sink, const Layer& layer, const Anatomy& anatomy) {
  if (anatomy.name == "gemma4") {
    feed_forward(sink, layer);
    if (layer.row.experts) side_experts(sink, layer);
  } else if (has_experts(layer)) {
    experts(sink, layer, expert_style(layer, anatomy));
  } else if (has_feed_forward(layer)) {
    feed_forward(sink, layer, !is_single_block(layer));
  }
}

void norm_tensors(TensorSink& sink, const Layer& layer, const Anatomy& anatomy) {
  const std::uint64_t length = layer.embedding();
  const bool bias = flag(layer.row, "ln_bias") != 0;
  const bool parallel = flag(layer.row, "parallel") != 0;
  const Norms norms = parallel ? Norms::kAttention : anatomy.norms;
  const bool before = norms == Norms::kBoth || norms == Norms::kSandwich;
  const bool after = norms == Norms::kPost || norms == Norms::kSandwich;
  const bool second = has_feed_forward(layer) || has_experts(layer);
  const bool first = anatomy.name != "deci" || layer.heads != 0;
  if (first && norms != Norms::kNone && norms != Norms::kPost) sink.norm("attn_norm", length, bias);
  if (flag(layer.row, "norm2") != 0) sink.norm("attn_norm_2", length, bias);
  if (after || norms == Norms::kPostAttention) sink.norm("post_attention_norm", length);
  if (anatomy.name == "falcon-h1") {
    sink.add("ffn_norm", {length});  // the converter leaves the suffix out
  } else if (before && second) {
    sink.norm("ffn_norm", length, bias);
  }
  if (after) sink.norm("post_ffw_norm", length);
}

void extra_tensors(TensorSink& sink, const Layer& layer, const Anatomy& anatomy) {
  if (anatomy.name == "gemma3n") alternating_updates(sink, layer);
  if (anatomy.name == "gemma4") sink.add("layer_output_scale.weight", {1});
  per_layer_inputs(sink, layer);
}

Layer layer_of(const CatalogueRow& row, std::uint64_t index) {
  Layer layer{.row = row,
              .index = index,
              .heads = of_layer(row.heads, index),
              .kv_heads = of_layer(row.kv_heads, index),
              .head_length = row.head_length,
              .feed_forward = of_layer(row.feed_forward_length, index)};
  if (kind(layer) == 'F') {  // full attention beside sliding windows: Gemma 4
    layer.head_length = flag(row, "hd_full");
    layer.kv_heads = flag(row, "kv_full");
  }
  return layer;
}

void model_tensors(TensorSink& sink, const CatalogueRow& row, const Anatomy& anatomy) {
  sink.matrix("token_embd", row.embedding_length, row.vocabulary);
  const bool convolution = anatomy.mixer == Mixer::kConvolution;
  if (anatomy.norms != Norms::kNone) {
    sink.norm(convolution ? "token_embd_norm" : "output_norm", row.embedding_length,
              flag(row, "ln_bias") != 0);
  }
  if (!row.tied_embeddings) {
    sink.matrix("output", row.embedding_length, row.vocabulary, flag(row, "out_bias") != 0);
  }
  if (const std::uint64_t length = flag(row, "rope_freqs"); length != 0)
    sink.add("rope_freqs.weight", {length});
  if (anatomy.name == "gemma4") sink.add("rope_freqs.weight", {flag(row, "hd_full") / 2});
  if (anatomy.name == "gemma3n") alternating_updates(sink, row);
  per_layer_embeddings(sink, row);
}

// llama-quantize writes tensors by layer, those outside the layers first, and by name within one. They were
// made in the order of layers, so that only names within one are left to sort.
void sort_as_written(std::vector<Tensor>& tensors) {
  for (auto begin = tensors.begin(); begin != tensors.end();) {
    const std::string_view local = name_in_layer(begin->name);
    const std::string_view prefix(begin->name.data(), begin->name.size() - local.size());
    const auto end = std::find_if(begin, tensors.end(), [&](const Tensor& one) {
      return prefix.empty() ? one.layer().has_value() : !one.name.starts_with(prefix);
    });
    std::ranges::sort(begin, end, {}, &Tensor::name);
    begin = end;
  }
}

}  // namespace

Result<std::vector<Tensor>> tensors_of(const CatalogueRow& row) {
  const auto* const anatomy = std::ranges::find(kAnatomies, row.architecture, &Anatomy::name);
  if (anatomy == kAnatomies.end()) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("the tensors of architecture '{}' are not known", row.architecture), row.id,
                "give a GGUF file of the model instead");
  }
  TensorSink sink;
  model_tensors(sink, row, *anatomy);
  for (std::uint64_t index = 0; index < row.layers; ++index) {
    const Layer layer = layer_of(row, index);
    sink.begin_layer(index);
    norm_tensors(sink, layer, *anatomy);
    mixer_tensors(sink, layer, *anatomy);
    feed_forward_tensors(sink, layer, *anatomy);
    extra_tensors(sink, layer, *anatomy);
  }
  std::vector<Tensor> tensors = sink.take();
  sort_as_written(tensors);
  return tensors;
}

}  // namespace tokcast
