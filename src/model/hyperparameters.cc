// The keys that llama.cpp's loaders read (llama_model_base::load_hparams, then load_arch_hparams of each
// architecture in src/models/*.cpp). Numbers that decide shapes come from the row. The catalogue does not say
// epsilons, rope bases and scales; they have no influence on speed, so each gets its family's usual value.
#include <algorithm>
#include <array>

#include "model/catalogue.h"
#include "model/hyperparameter_keys.h"

namespace tokcast {
namespace {

enum class Norm { kRms, kLayer };

struct Recipe {
  std::string_view architecture;
  Norm norm = Norm::kRms;
  float rope_base = 10'000;
  std::uint32_t rope_parts = 4;  // rotated quarters of a head
};

constexpr std::array kRecipes = {
    Recipe{"apertus", Norm::kRms, 12'000'000},
    Recipe{"arcee"},
    Recipe{"baichuan"},
    Recipe{"bailingmoe", Norm::kRms, 600'000},
    Recipe{"bailingmoe2", Norm::kRms, 600'000, 2},
    Recipe{"chatglm", Norm::kRms, 10'000, 2},
    Recipe{"cohere2", Norm::kLayer, 50'000},
    Recipe{"command-r", Norm::kLayer, 8'000'000},
    Recipe{"deci", Norm::kRms, 500'000},
    Recipe{"deepseek2"},
    Recipe{"dots1", Norm::kRms, 10'000'000},
    Recipe{"ernie4_5", Norm::kRms, 500'000},
    Recipe{"ernie4_5-moe", Norm::kRms, 500'000},
    Recipe{"exaone", Norm::kRms, 1'000'000},
    Recipe{"exaone4", Norm::kRms, 1'000'000},
    Recipe{"falcon", Norm::kLayer},
    Recipe{"falcon-h1", Norm::kRms, 1e11F},
    Recipe{"gemma"},
    Recipe{"gemma2"},
    Recipe{"gemma3", Norm::kRms, 1'000'000},
    Recipe{"gemma3n", Norm::kRms, 1'000'000},
    Recipe{"gemma4", Norm::kRms, 1'000'000},
    Recipe{"glm4", Norm::kRms, 10'000, 2},
    Recipe{"glm4moe", Norm::kRms, 1'000'000, 2},
    Recipe{"gpt-oss", Norm::kRms, 150'000},
    Recipe{"granite", Norm::kRms, 10'000'000},
    Recipe{"granitehybrid"},
    Recipe{"granitemoe"},
    Recipe{"hunyuan-moe"},
    Recipe{"internlm2", Norm::kRms, 1'000'000},
    Recipe{"lfm2", Norm::kRms, 1'000'000},
    Recipe{"lfm2moe", Norm::kRms, 1'000'000},
    Recipe{"llama", Norm::kRms, 500'000},
    Recipe{"llama4", Norm::kRms, 500'000},
    Recipe{"minicpm"},
    Recipe{"minicpm3"},
    Recipe{"minimax-m2", Norm::kRms, 5'000'000, 2},
    Recipe{"mistral3", Norm::kRms, 1'000'000},
    Recipe{"nemotron", Norm::kLayer, 10'000, 2},
    Recipe{"nemotron_h", Norm::kLayer},
    Recipe{"nemotron_h_moe", Norm::kLayer},
    Recipe{"olmo", Norm::kLayer},
    Recipe{"olmo2", Norm::kRms, 500'000},
    Recipe{"olmoe"},
    Recipe{"phi2", Norm::kLayer},
    Recipe{"phi3"},
    Recipe{"phimoe"},
    Recipe{"qwen2", Norm::kRms, 1'000'000},
    Recipe{"qwen2moe", Norm::kRms, 1'000'000},
    Recipe{"qwen3", Norm::kRms, 1'000'000},
    Recipe{"qwen35", Norm::kRms, 10'000'000, 1},
    Recipe{"qwen35moe", Norm::kRms, 10'000'000, 1},
    Recipe{"qwen3moe", Norm::kRms, 1'000'000},
    Recipe{"qwen3next", Norm::kRms, 10'000'000, 1},
    Recipe{"qwen3vl", Norm::kRms, 5'000'000},
    Recipe{"qwen3vlmoe", Norm::kRms, 5'000'000},
    Recipe{"seed_oss", Norm::kRms, 10'000'000},
    Recipe{"smollm3", Norm::kRms, 5'000'000},
    Recipe{"stablelm", Norm::kLayer, 10'000, 1},
    Recipe{"starcoder2", Norm::kLayer, 1'000'000},
};

// Assumed where the catalogue does not know it: it bounds nothing in a test run of some thousand tokens.
constexpr std::uint32_t kUsualContext = 32'768;

const Recipe* find_recipe(std::string_view name) {
  const auto* found = std::ranges::find(kRecipes, name, &Recipe::architecture);
  return found == kRecipes.end() ? nullptr : found;
}

std::uint32_t rotated_elements(const HyperparameterKeys& keys, const Recipe& recipe) {
  if (const auto mla = keys.fact("rope_d")) return *mla;
  if (recipe.architecture == "phi2") return 32;  // 0.4 of a head of 80
  return keys.row().head_length * recipe.rope_parts / 4;
}

// Layers of other kinds have neither heads nor a feed-forward part; the loaders tell the kinds apart by these
// zeros.
std::vector<std::uint32_t> where(const std::string& pattern, std::string_view kinds,
                                 const std::vector<std::uint32_t>& value) {
  if (pattern.empty() || value.size() != 1) return value;
  std::vector<std::uint32_t> result;
  for (const char kind : pattern) result.push_back(kinds.find(kind) != std::string_view::npos ? value[0] : 0);
  return result;
}

struct Heads {
  std::vector<std::uint32_t> kv;
  std::uint32_t key_length = 0;
  std::uint32_t value_length = 0;
};

// deepseek2 keeps one latent vector for all heads, which is key (with its rotated part) and value at once;
// minicpm3 unfolds it. gemma4's layers without a window have heads of another length and number.
Heads heads_of(const HyperparameterKeys& keys) {
  const CatalogueRow& row = keys.row();
  const std::string pattern = keys.pattern();
  const std::uint32_t latent = keys.fact("kv_lora").value_or(0);
  const std::uint32_t rotated = keys.fact("rope_d").value_or(0);
  if (row.architecture == "deepseek2") return {{1}, latent + rotated, latent};
  if (latent > 0)
    return {row.kv_heads, keys.fact("nope_d").value_or(0) + rotated, keys.fact("v_d").value_or(0)};
  if (const auto full = keys.fact("hd_full")) {
    std::vector<std::uint32_t> kv;
    for (const char kind : pattern)
      kv.push_back(kind == 'F' ? keys.fact("kv_full").value_or(1) : row.kv_heads[0]);
    return {kv, *full, *full};
  }
  return {where(pattern, "A*", row.kv_heads), row.head_length, row.head_length};
}

void add_heads(HyperparameterKeys& keys, const Recipe& recipe) {
  const CatalogueRow& row = keys.row();
  const Heads heads = heads_of(keys);
  keys.add_per_layer("attention.head_count", row.heads);
  keys.add_per_layer("attention.head_count_kv", heads.kv);
  keys.add("attention.key_length", heads.key_length);
  keys.add("attention.value_length", heads.value_length);
  keys.add("rope.dimension_count", keys.fact("hd_full") ? heads.key_length : rotated_elements(keys, recipe));
  keys.add_real("rope.freq_base", recipe.rope_base);
}

void add_feed_forward(HyperparameterKeys& keys, const Recipe& recipe) {
  const CatalogueRow& row = keys.row();
  std::vector<std::uint32_t> width = row.feed_forward_length;
  if (width.empty() && row.expert_feed_forward_length) width = {*row.expert_feed_forward_length};
  if (recipe.architecture.starts_with("nemotron_h")) width = where(keys.pattern(), "-E", width);
  keys.add_per_layer("feed_forward_length", width);
}

void add_experts(HyperparameterKeys& keys) {
  const CatalogueRow& row = keys.row();
  if (!row.experts) return;
  keys.add("expert_count", *row.experts);
  keys.add("expert_used_count", row.experts_used.value_or(1));
  if (row.expert_feed_forward_length) keys.add("expert_feed_forward_length", *row.expert_feed_forward_length);
  if (const auto shared = keys.fact("n_ff_shexp")) keys.add("expert_shared_feed_forward_length", *shared);
  if (row.shared_experts) keys.add("expert_shared_count", *row.shared_experts);
  if (const auto dense = keys.fact("n_dense_lead")) keys.add("leading_dense_block_count", *dense);
}

bool complete(const CatalogueRow& row) {
  const bool kinds_missing =
      row.architecture.starts_with("nemotron_h") && !row.tensor_flags.contains("pattern");
  return !kinds_missing && row.layers > 0 && row.embedding_length > 0 && !row.heads.empty() &&
         !row.kv_heads.empty() && row.head_length > 0 && row.vocabulary > 0 &&
         (!row.feed_forward_length.empty() || row.expert_feed_forward_length);
}

}  // namespace

Result<std::vector<GgufKeyValue>> hyperparameters(const CatalogueRow& row) {
  const Recipe* recipe = find_recipe(row.architecture);
  if (recipe == nullptr) {
    return fail(ErrorKind::kUnsupported, "The keys of this architecture are not known.", row.architecture,
                "Give a GGUF file of the model instead.");
  }
  if (!complete(row)) {
    return fail(ErrorKind::kUnsupported, "The catalogue does not know this model's whole shape.", row.id,
                "Give a GGUF file of the model instead.");
  }
  HyperparameterKeys keys(row);
  keys.add_pair(gguf_string("general.architecture", row.architecture));
  keys.add("vocab_size", row.vocabulary);
  keys.add("context_length", row.context_length.value_or(kUsualContext));
  keys.add("embedding_length", row.embedding_length);
  keys.add("block_count", row.layers);
  add_feed_forward(keys, *recipe);
  add_heads(keys, *recipe);
  keys.add_real(
      recipe->norm == Norm::kRms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon",
      1e-5F);
  add_experts(keys);
  if (const ExtraKeys extra = extra_keys(row.architecture)) extra(keys);
  // Enough for llama-bench, which feeds token numbers and never text.
  keys.add_pair(gguf_string("tokenizer.ggml.model", "no_vocab"));
  return std::move(keys).take();
}

}  // namespace tokcast
