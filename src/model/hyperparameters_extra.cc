// Keys that only some architectures read, one function for each group. Sources: load_arch_hparams of
// src/models/<architecture>.cpp in llama.cpp.
#include <algorithm>
#include <array>

#include "model/hyperparameter_keys.h"

namespace tokcast {
namespace {

constexpr std::uint32_t kSoftmaxGating = 1;
constexpr std::uint32_t kSigmoidGating = 2;

// Layers l with (l + 1) % period == 0 see everything, the others only the window.
void add_window(HyperparameterKeys& keys, std::uint32_t usual_window, std::uint32_t period) {
  keys.add("attention.sliding_window", keys.row().sliding_window.value_or(usual_window));
  keys.add("attention.sliding_window_pattern", period);
}

void add_router(HyperparameterKeys& keys) {
  keys.add("expert_gating_func", keys.fact("probs_b") ? kSigmoidGating : kSoftmaxGating);
  keys.add_flag("expert_weights_norm", true);
  keys.add_real("expert_weights_scale", 1);
}

void add_sigmoid_router(HyperparameterKeys& keys) {
  keys.add("expert_gating_func", kSigmoidGating);
  keys.add_flag("expert_weights_norm", true);
}

void add_low_rank_attention(HyperparameterKeys& keys) {
  if (const auto rank = keys.fact("q_lora")) keys.add("attention.q_lora_rank", *rank);
  if (const auto rank = keys.fact("kv_lora")) keys.add("attention.kv_lora_rank", *rank);
}

void add_deepseek2(HyperparameterKeys& keys) {
  add_low_rank_attention(keys);
  keys.add("attention.key_length_mla", keys.fact("nope_d").value_or(0) + keys.fact("rope_d").value_or(0));
  keys.add("attention.value_length_mla", keys.fact("v_d").value_or(0));
  add_router(keys);
}

void add_state_space(HyperparameterKeys& keys) {
  keys.add("ssm.conv_kernel", keys.fact("d_conv").value_or(4));
  keys.add("ssm.inner_size", keys.fact("d_inner").value_or(0));
  keys.add("ssm.state_size", keys.fact("d_state").value_or(0));
  keys.add("ssm.time_step_rank", keys.fact("dt_rank").value_or(0));
  keys.add("ssm.group_count", keys.fact("n_group").value_or(1));
}

// A gated delta net is described with the names of a state-space model.
void add_delta_net(HyperparameterKeys& keys) {
  const std::uint32_t head_length = keys.fact("lin_hd").value_or(0);
  const std::uint32_t value_heads = keys.fact("lin_v").value_or(0);
  keys.add("ssm.conv_kernel", keys.fact("conv").value_or(4));
  keys.add("ssm.inner_size", head_length * value_heads);
  keys.add("ssm.state_size", head_length);
  keys.add("ssm.time_step_rank", value_heads);
  keys.add("ssm.group_count", keys.fact("lin_k").value_or(0));
  keys.add("full_attention_interval", 4);
}

void add_qwen35(HyperparameterKeys& keys) {
  add_delta_net(keys);
  keys.add_array("rope.dimension_sections", {11, 11, 10, 0});
}

void add_qwen3vl(HyperparameterKeys& keys) {
  keys.add_array("rope.dimension_sections", {24, 20, 20, 0});
  keys.add("n_deepstack_layers", 3);
}

void add_granite_scales(HyperparameterKeys& keys) {
  keys.add_real("logit_scale", 8);
  keys.add_real("residual_scale", 0.22F);
  keys.add_real("embedding_scale", 12);
  keys.add_real("attention.scale", 0.015625F);
}

void add_granite_hybrid(HyperparameterKeys& keys) {
  add_granite_scales(keys);
  add_state_space(keys);
}

void add_minicpm(HyperparameterKeys& keys) {
  keys.add_real("logit_scale", 0.11F);
  keys.add_real("residual_scale", 0.22F);
  keys.add_real("embedding_scale", 12);
}

void add_gemma2(HyperparameterKeys& keys) {
  add_window(keys, 4096, 2);
  keys.add_real("attn_logit_softcapping", 50);
  keys.add_real("final_logit_softcapping", 30);
}

void add_gemma4(HyperparameterKeys& keys) {
  std::vector<bool> windowed;
  for (const char kind : keys.pattern()) windowed.push_back(kind == 'S');
  keys.add("attention.sliding_window", keys.row().sliding_window.value_or(1024));
  keys.add_flags("attention.sliding_window_pattern", windowed);
  keys.add("attention.key_length_swa", keys.row().head_length);
  keys.add("attention.value_length_swa", keys.row().head_length);
  keys.add("rope.dimension_count_swa", keys.row().head_length);
  keys.add_real("rope.freq_base_swa", 10'000);
  keys.add("attention.shared_kv_layers", keys.fact("n_kv_shared").value_or(0));
  keys.add("embedding_length_per_layer_input", keys.fact("n_embd_per_layer").value_or(0));
  keys.add_real("final_logit_softcapping", 30);
}

void add_nemotron_moe(HyperparameterKeys& keys) {
  add_state_space(keys);
  add_sigmoid_router(keys);
  keys.add_real("expert_weights_scale", 1);
  if (const auto latent = keys.fact("latent")) keys.add("moe_latent_size", *latent);
}

void add_lfm2(HyperparameterKeys& keys) {
  keys.add("shortconv.l_cache", keys.fact("l_cache").value_or(3));
}

void add_lfm2_moe(HyperparameterKeys& keys) {
  add_lfm2(keys);
  keys.add("expert_gating_func", kSigmoidGating);
}

// Parameters of the activation function xIELU, of each layer or of all.
void add_apertus(HyperparameterKeys& keys) {
  keys.add_pair(gguf_float32("xielu.alpha_n", 1));
  keys.add_pair(gguf_float32("xielu.alpha_p", 1));
  keys.add_pair(gguf_float32("xielu.beta", 0.5F));
  keys.add_pair(gguf_float32("xielu.eps", 1e-6F));
}

// Every step-th layer has experts.
void add_expert_step(HyperparameterKeys& keys) {
  keys.add("interleave_moe_layer_step", keys.fact("moe_step").value_or(1));
}

struct Extra {
  std::string_view architecture;
  ExtraKeys add;
};

constexpr std::array kExtras = {
    Extra{"apertus", add_apertus},
    Extra{"bailingmoe", add_router},
    Extra{"bailingmoe2", add_router},
    Extra{"cohere2",
          [](HyperparameterKeys& keys) {
            add_window(keys, 4096, 4);
            keys.add_real("logit_scale", 0.25F);
          }},
    Extra{"command-r", [](HyperparameterKeys& keys) { keys.add_real("logit_scale", 0.0625F); }},
    Extra{"deepseek2", add_deepseek2},
    Extra{"dots1", add_router},
    Extra{"ernie4_5-moe", add_expert_step},
    Extra{"falcon-h1", add_state_space},
    Extra{"gemma2", add_gemma2},
    Extra{"gemma3", [](HyperparameterKeys& keys) { add_window(keys, 1024, 6); }},
    Extra{"gemma3n", [](HyperparameterKeys& keys) { add_window(keys, 512, 5); }},
    Extra{"gemma4", add_gemma4},
    Extra{"glm4moe", add_router},
    Extra{"gpt-oss", [](HyperparameterKeys& keys) { add_window(keys, 128, 2); }},
    Extra{"granite", add_granite_scales},
    Extra{"granitehybrid", add_granite_hybrid},
    Extra{"granitemoe", add_granite_scales},
    Extra{"lfm2", add_lfm2},
    Extra{"lfm2moe", add_lfm2_moe},
    Extra{"llama4", add_expert_step},
    Extra{"minicpm", add_minicpm},
    Extra{"minicpm3", add_low_rank_attention},
    Extra{"minimax-m2", add_sigmoid_router},
    Extra{"nemotron_h", add_state_space},
    Extra{"nemotron_h_moe", add_nemotron_moe},
    Extra{"olmo2",
          [](HyperparameterKeys& keys) {
            if (keys.row().sliding_window) add_window(keys, *keys.row().sliding_window, 4);
          }},
    Extra{"qwen35", add_qwen35},
    Extra{"qwen35moe", add_qwen35},
    Extra{"qwen3next", add_delta_net},
    Extra{"qwen3vl", add_qwen3vl},
    Extra{"qwen3vlmoe", add_qwen3vl},
    Extra{"stablelm",
          [](HyperparameterKeys& keys) {
            keys.add_flag("use_parallel_residual", keys.fact("parallel").has_value());
          }},
};

}  // namespace

ExtraKeys extra_keys(std::string_view architecture) {
  const auto* found = std::ranges::find(kExtras, architecture, &Extra::architecture);
  return found == kExtras.end() ? nullptr : found->add;
}

}  // namespace tokcast
