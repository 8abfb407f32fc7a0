#include "model/quant_mix.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "model/mix_table.h"
#include "model/tensor_names.h"

namespace tokcast {
namespace {

using enum GgmlType;

template <typename... Mixes>
constexpr bool is_one_of(Mix mix, Mixes... mixes) {
  return ((mix == mixes) || ...);
}

enum class Category {
  kOutput,
  kEmbedding,
  kValue,
  kFusedOfOld,
  kKey,
  kQuery,
  kAttentionOutput,
  kUp,
  kGate,
  kDown,
  kOther
};

// Small matrices whose loss would cost more than their size; and the parts of vision towers.
bool has_kept_name(std::string_view name) {
  static constexpr std::array kParts = {"_norm.weight",
                                        "ffn_gate_inp.weight",
                                        "ffn_gate_tid2eid",
                                        "altup",
                                        "laurel",
                                        "per_layer_model_proj",
                                        "ssm_conv1d",
                                        "shortconv.conv.weight",
                                        "position_embd.weight",
                                        "token_types.weight",
                                        "time_mix_",
                                        "attn_rel_b.weight",
                                        "indexer.k_proj",
                                        "indexer.q_proj",
                                        ".position_embd",
                                        "sam.",
                                        ".rel_pos",
                                        ".patch_embd",
                                        ".patch_merger"};
  return !name.ends_with("weight") ||
         std::ranges::any_of(kParts, [&](std::string_view part) { return name.contains(part); });
}

Category category_of(std::string_view name, bool tied, bool legacy_fused_qkv) {
  const auto has = [name](std::string_view part) { return name.contains(part); };
  if (name == "output.weight") return Category::kOutput;
  if (name == "token_embd.weight" || name == "per_layer_token_embd.weight") {
    return tied ? Category::kOutput : Category::kEmbedding;
  }
  if (has("attn_qkv.weight") && legacy_fused_qkv) return Category::kFusedOfOld;
  if (has("attn_qkv.weight") || has("attn_kv_b.weight") || has("attn_v.weight")) return Category::kValue;
  if (has("attn_k.weight")) return Category::kKey;
  if (has("attn_q.weight")) return Category::kQuery;
  if (has("attn_output.weight")) return Category::kAttentionOutput;
  if (has("ffn_up")) return Category::kUp;
  if (has("ffn_gate")) return Category::kGate;
  if (has("ffn_down")) return Category::kDown;
  return Category::kOther;
}

// What a mix asks of a tensor's name.
struct NameFacts {
  bool kept = false;
  Category category = Category::kOther;
};

// The first and the last eighth, and every third in between.
bool gets_more_bits(std::uint64_t index, std::uint64_t count) {
  const std::uint64_t eighth = count / 8;
  return index < eighth || index >= 7 * count / 8 || (index - eighth) % 3 == 2;
}

// Chooses types for the tensors of one model, which must come in the quantiser's order.
class Quantiser {
 public:
  Quantiser(const MixRule& rule, const MixContext& context, std::uint64_t values)
      : rule_(rule), context_(context), values_(values) {}

  GgmlType choose(const Tensor& tensor, Category category) {
    const GgmlType type = before_fallback(tensor, category);
    return row_bytes(type, tensor.dimensions[0]) ? type : fallback(type, tensor.dimensions[0]);
  }

 private:
  bool falcon() const { return context_.architecture == "falcon"; }
  bool eight_experts() const { return context_.experts == 8; }
  bool grouped() const {  // four or more query heads to each key head
    return context_.kv_heads != 0 && context_.heads / context_.kv_heads >= 4;
  }

  // As llama.cpp's loader labels it: by architecture and number of layers.
  bool seventy_billion() const {
    const std::string& name = context_.architecture;
    if (name == "jais2") return context_.layers == 68;
    if (context_.layers != 80) return false;
    return name == "qwen2" || name == "deci" || name == "olmo" ||
           (name == "llama" && context_.heads != context_.kv_heads);
  }

  // The group IQ1_S ... IQ2_M has rules of its own.
  bool tiny() const {
    return is_one_of(rule_.mix, Mix::kIQ1_S, Mix::kIQ1_M, Mix::kIQ2_XXS, Mix::kIQ2_XS, Mix::kIQ2_S,
                     Mix::kIQ2_M);
  }

  static GgmlType fallback(GgmlType type, std::uint64_t row) {
    if (row % 32 != 0) return kF16;
    switch (type) {
      case kQ2_K:
      case kQ3_K:
      case kTQ1_0:
      case kTQ2_0:
        return kQ4_0;
      case kQ4_K:
        return kQ5_0;
      case kQ5_K:
        return kQ5_1;
      case kQ6_K:
        return kQ8_0;
      default:
        return kIQ4_NL;
    }
  }

  GgmlType before_fallback(const Tensor& tensor, Category category) {
    // The experts of gpt-oss come in MXFP4 and stay so under every name.
    const bool stacked = tensor.dimensions.size() > 2 && tensor.dimensions[2] > 1;
    if (stacked && context_.architecture == "gpt-oss") return kMXFP4;
    if (!geometry(rule_.base).quantized) return rule_.base;
    if (category == Category::kOutput) return output(tensor);
    if (rule_.mix == Mix::kMXFP4_MOE) return stacked ? kMXFP4 : kQ8_0;
    if (category == Category::kEmbedding) return rule_.embedding;
    return tiny() ? of_tiny(category) : of_layer(category, tensor);
  }

  GgmlType output(const Tensor& tensor) const {
    const bool whole = tensor.dimensions[0] % geometry(rule_.base).block_elements == 0;
    return falcon() || !whole ? kQ8_0 : rule_.output;
  }

  GgmlType of_tiny(Category category) {
    const bool larger = is_one_of(rule_.mix, Mix::kIQ2_S, Mix::kIQ2_M);
    const GgmlType raised = larger ? kIQ3_S : kQ2_K;
    switch (category) {
      case Category::kValue:
        return grouped() || context_.experts >= 4 ? kQ4_K : raised;
      case Category::kKey:
        return eight_experts() ? kQ4_K : rule_.base;
      case Category::kDown:
        return downs_++ < context_.layers / 8 ? raised : rule_.base;
      case Category::kAttentionOutput:
        if (eight_experts()) return kQ5_K;
        if (is_one_of(rule_.mix, Mix::kIQ1_S, Mix::kIQ1_M)) return kIQ2_XXS;
        return larger ? kIQ3_S : rule_.base;
      default:
        return rule_.base;
    }
  }

  GgmlType of_layer(Category category, const Tensor& tensor) {
    switch (category) {
      case Category::kValue:
        return value(values_seen_++);
      case Category::kFusedOfOld:
        return fused_of_old();
      case Category::kKey:
        return eight_experts() ? kQ8_0 : key_or_query();
      case Category::kQuery:
        return key_or_query();
      case Category::kAttentionOutput:
        return attention_output();
      case Category::kDown:
        return down(place(downs_, tensor));
      case Category::kUp:
        return up_or_gate(place(ups_, tensor));
      case Category::kGate:
        return up_or_gate(place(gates_, tensor));
      default:
        return rule_.base;
    }
  }

  // Where a tensor stands among its kind: the running count, or in a mixture of experts the layer.
  std::uint64_t place(std::uint64_t& running, const Tensor& tensor) const {
    const std::uint64_t counted = running++;
    return context_.experts > 1 ? tensor.layer().value_or(0) : counted;
  }

  GgmlType value(std::uint64_t index) const {
    if (eight_experts()) return kQ8_0;
    const GgmlType type = value_by_mix(index);
    return seventy_billion() && (type == kQ3_K || type == kQ4_K) ? kQ5_K : type;
  }

  GgmlType value_by_mix(std::uint64_t index) const {
    switch (rule_.mix) {
      case Mix::kQ2_K:
        return grouped() ? kQ4_K : kQ3_K;
      case Mix::kQ2_K_S:
      case Mix::kIQ3_XS:
      case Mix::kIQ3_S:
        return grouped() ? kQ4_K : rule_.base;
      case Mix::kIQ3_XXS:
        if (grouped()) return kQ4_K;
        return context_.importance_matrix ? kIQ3_XXS : kIQ3_S;
      case Mix::kIQ3_M:
        return kQ4_K;
      case Mix::kQ3_K_M:
        return index < 2 ? kQ5_K : kQ4_K;
      case Mix::kQ3_K_L:
        return kQ5_K;
      case Mix::kIQ4_NL:
      case Mix::kIQ4_XS:
        return grouped() ? kQ5_K : rule_.base;
      case Mix::kQ4_K_S:
        return index < 4 ? kQ5_K : rule_.base;
      case Mix::kQ4_K_M:
      case Mix::kQ5_K_M:
        return gets_more_bits(index, values_) ? kQ6_K : rule_.base;
      default:
        return rule_.base;
    }
  }

  // attn_qkv before 2026-03-10.
  GgmlType fused_of_old() const {
    if (is_one_of(rule_.mix, Mix::kQ3_K_M, Mix::kQ3_K_L, Mix::kIQ3_M)) return kQ4_K;
    if (rule_.mix == Mix::kQ4_K_M) return kQ5_K;
    return rule_.mix == Mix::kQ5_K_M ? kQ6_K : rule_.base;
  }

  GgmlType key_or_query() const {
    if (rule_.mix == Mix::kIQ3_XXS) return kIQ2_S;
    return rule_.mix == Mix::kIQ3_XS ? kIQ3_XXS : rule_.base;
  }

  GgmlType attention_output() const {
    if (falcon()) return rule_.mix == Mix::kQ3_K_L ? kQ4_K : rule_.base;
    if (eight_experts()) {
      const bool raised =
          is_one_of(rule_.mix, Mix::kQ2_K, Mix::kQ3_K_S, Mix::kQ3_K_M, Mix::kQ4_K_S, Mix::kQ4_K_M,
                    Mix::kIQ3_XXS, Mix::kIQ3_XS, Mix::kIQ3_S, Mix::kIQ3_M, Mix::kIQ4_NL, Mix::kIQ4_XS);
      return raised ? kQ5_K : rule_.base;
    }
    switch (rule_.mix) {
      case Mix::kQ2_K:
        return kQ3_K;
      case Mix::kIQ3_XXS:
        return kIQ3_S;
      case Mix::kQ3_K_M:
      case Mix::kIQ3_M:
        return kQ4_K;
      case Mix::kQ3_K_L:
        return kQ5_K;
      default:
        return rule_.base;
    }
  }

  GgmlType down(std::uint64_t index) const {
    const std::uint64_t layers = context_.layers;
    const bool early = index < layers / 8;
    const bool more = gets_more_bits(index, layers);
    switch (rule_.mix) {
      case Mix::kQ2_K:
        return kQ3_K;
      case Mix::kQ2_K_S:
        return early ? kQ4_K : rule_.base;
      case Mix::kIQ3_XXS:
        if (context_.importance_matrix) return rule_.base;
        return early ? kQ4_K : kQ3_K;
      case Mix::kIQ3_M:
        return early || (eight_experts() && more) ? kQ4_K : rule_.base;
      case Mix::kQ3_K_M:
        if (index < layers / 16) return kQ5_K;
        return !falcon() || more ? kQ4_K : kQ3_K;
      case Mix::kQ3_K_L:
        return falcon() ? kQ4_K : kQ5_K;
      case Mix::kIQ4_NL:
      case Mix::kIQ4_XS:
        return early && !context_.importance_matrix ? kQ5_K : rule_.base;
      case Mix::kQ4_0:
        return early && context_.importance_matrix ? kQ4_1 : rule_.base;
      case Mix::kQ5_0:
        return early && context_.importance_matrix ? kQ5_1 : rule_.base;
      case Mix::kQ4_K_S:
        return early && !falcon() ? kQ5_K : rule_.base;
      case Mix::kQ4_K_M:
        if (falcon()) return index < layers / 16 ? kQ6_K : (more ? kQ5_K : rule_.base);
        return more ? kQ6_K : rule_.base;
      case Mix::kQ5_K_M:
        return more ? kQ6_K : rule_.base;
      default:
        return rule_.base;
    }
  }

  GgmlType up_or_gate(std::uint64_t index) const {
    const std::uint64_t layers = context_.layers;
    const bool middle = index >= layers / 8 && index < 7 * layers / 8;
    return rule_.mix == Mix::kIQ3_XS && middle ? kIQ3_XXS : rule_.base;
  }

  const MixRule& rule_;
  const MixContext& context_;
  std::uint64_t values_;  // how many tensors count as attn_v
  std::uint64_t values_seen_ = 0;
  std::uint64_t downs_ = 0;
  std::uint64_t ups_ = 0;
  std::uint64_t gates_ = 0;
};

// The quantiser's order: by layer, those outside the layers first, then by name.
std::vector<Tensor*> in_order(std::vector<Tensor>& tensors) {
  std::vector<std::pair<std::int64_t, Tensor*>> places;
  places.reserve(tensors.size());
  for (Tensor& tensor : tensors) {
    const std::optional<std::uint32_t> layer = tensor.layer();
    places.emplace_back(layer ? std::int64_t{*layer} : -1, &tensor);
  }
  const auto before = [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second->name < b.second->name;
  };
  if (!std::ranges::is_sorted(places, before)) std::ranges::sort(places, before);  // those of rows are
  std::vector<Tensor*> ordered;
  ordered.reserve(places.size());
  for (const auto& [layer, tensor] : places) ordered.push_back(tensor);
  return ordered;
}

}  // namespace

std::span<const std::string> all_mixes() {
  static const std::vector<std::string> mixes = [] {
    std::vector<std::string> names;
    for (const MixRule& rule : mix_rules()) names.emplace_back(rule.name);
    return names;
  }();
  return mixes;
}

std::optional<std::uint32_t> mix_file_type(std::string_view mix) {
  const MixRule* rule = find_mix_rule(mix);
  return rule != nullptr ? std::optional(rule->file_type) : std::nullopt;
}

Result<void> apply_mix(std::vector<Tensor>& tensors, std::string_view mix, const MixContext& context) {
  const MixRule* rule = find_mix_rule(mix);
  if (rule == nullptr) {
    const std::optional<std::string> nearest = nearest_word(mix, all_mixes());
    return fail(ErrorKind::kUsage, fmt::format("there is no quantisation named '{}'", printable(mix)), {},
                nearest ? fmt::format("did you mean {}?", *nearest) : "one of the usual is Q4_K_M");
  }
  const bool tied = std::ranges::find(tensors, "output.weight", &Tensor::name) == tensors.end();
  auto facts = facts_by_name([&](std::string_view name) {
    return NameFacts{has_kept_name(name), category_of(name, tied, context.legacy_fused_qkv)};
  });
  const auto is_value = [&](const Tensor& tensor) {
    return facts.of(tensor.name).category == Category::kValue;
  };
  const auto values = static_cast<std::uint64_t>(std::ranges::count_if(tensors, is_value));
  Quantiser quantiser(*rule, context, values);
  for (Tensor* tensor : in_order(tensors)) {
    const NameFacts& name = facts.of(tensor->name);
    const bool kept = tensor->dimensions.size() < 2 || name.kept;
    if (!kept) tensor->type = quantiser.choose(*tensor, name.category);
  }
  return {};
}

}  // namespace tokcast
