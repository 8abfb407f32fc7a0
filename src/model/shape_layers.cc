#include "model/shape_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "model/tensor_names.h"

namespace tokcast {
namespace {

constexpr Range kHeads{0, 65'536};
constexpr Range kHeadLength{1, 65'536};
constexpr Range kWindow{0, 1U << 31U};
constexpr Range kPeriod{0, 512};
constexpr Range kFlag{0, 1};

using Numbers = std::vector<std::uint32_t>;

struct Heads {
  Numbers query;  // of each layer; 0: the layer has no attention
  Numbers key_value;
};

struct Lengths {
  std::uint32_t key = 0;
  std::uint32_t value = 0;
};

std::uint32_t first_not_zero(const Numbers& numbers) {
  const auto found = std::ranges::find_if(numbers, [](std::uint32_t n) { return n != 0; });
  return found == numbers.end() ? 0 : *found;
}

bool has_recurrent_tensors(const GgufHeader& header) {
  return std::ranges::any_of(header.tensors, is_recurrent_tensor, &Tensor::name);
}

Result<Heads> read_heads(const GgufHeader& header, const ShapeKeys& keys, std::uint32_t count) {
  auto query = keys.per_layer("attention.head_count", count, kHeads);
  if (!query) return std::unexpected(query.error());
  if (query->empty()) *query = Numbers(count, 0);
  // An array may say that some layers have no attention; a model without any must be a recurrent one.
  const auto may_lack = [&] {
    return keys.is_array("attention.head_count") || has_recurrent_tensors(header);
  };
  if (first_not_zero(*query) == 0 && !may_lack()) {
    return keys.bad("attention.head_count", "the number of attention heads is 0 or missing");
  }
  auto key_value = keys.per_layer("attention.head_count_kv", count, kHeads);
  if (!key_value) return std::unexpected(key_value.error());
  if (key_value->empty()) key_value = query;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t shared_by = (*key_value)[i];
    if (shared_by == 0) continue;
    if ((*query)[i] % shared_by == 0) continue;
    return keys.bad("attention.head_count_kv",
                    fmt::format("{} key-value heads cannot serve {} heads", shared_by, (*query)[i]));
  }
  return Heads{std::move(*query), std::move(*key_value)};
}

Result<Lengths> read_lengths(const ShapeKeys& keys, const Heads& heads, std::uint32_t embedding_length,
                             std::string_view suffix = "") {
  const std::string key_name = fmt::format("attention.key_length{}", suffix);
  const auto key = keys.optional(key_name, kHeadLength);
  if (!key) return std::unexpected(key.error());
  const auto value = keys.optional(fmt::format("attention.value_length{}", suffix), kHeadLength);
  if (!value) return std::unexpected(value.error());
  const std::uint32_t count = first_not_zero(heads.query);
  if (count == 0) return Lengths{key->value_or(0), value->value_or(0)};
  if ((!*key || !*value) && embedding_length % count != 0) {
    return keys.bad("attention.head_count", fmt::format("an embedding of {} cannot be divided among {} heads",
                                                        embedding_length, count));
  }
  const std::uint32_t usual = embedding_length / count;
  return Lengths{key->value_or(usual), value->value_or(usual)};
}

// For each layer: does it see a window only? From the file's own pattern, else by the architecture's habit.
Result<Numbers> read_sliding(const ShapeKeys& keys, const Architecture& architecture, std::uint32_t count) {
  constexpr std::string_view kPattern = "attention.sliding_window_pattern";
  if (keys.is_array(kPattern)) return keys.per_layer(kPattern, count, kFlag);
  const auto own = keys.optional(kPattern, kPeriod);
  if (!own) return std::unexpected(own.error());
  Numbers sliding(count, 0);
  if (!*own && architecture.sliding_period == 0) return sliding;
  const std::uint32_t period = own->value_or(architecture.sliding_period);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t full = architecture.full_first ? 0 : period - 1;
    sliding[i] = period == 0 || i % period != full ? 1 : 0;  // llama.cpp: a period of 0 means all slide
  }
  return sliding;
}

// The window of each layer; 0 where it sees all.
Result<Numbers> read_windows(const ShapeKeys& keys, const Architecture& architecture, std::uint32_t count) {
  const auto window = keys.optional("attention.sliding_window", kWindow);
  if (!window) return std::unexpected(window.error());
  auto sliding = read_sliding(keys, architecture, count);
  if (!sliding) return sliding;
  const std::uint32_t length = window->value_or(architecture.default_window);
  for (std::uint32_t& entry : *sliding) entry *= length;
  return sliding;
}

// For each layer: is it a recurrent one by the file's keys or the architecture's habit?
Result<Numbers> read_recurrent(const ShapeKeys& keys, const Architecture& architecture, std::uint32_t count) {
  constexpr std::string_view kLayers = "attention.recurrent_layers";
  if (keys.is_array(kLayers)) return keys.per_layer(kLayers, count, kFlag);
  const auto interval = keys.optional("full_attention_interval", {1, kPeriod.most});
  if (!interval) return std::unexpected(interval.error());
  const std::uint32_t period = interval->value_or(architecture.recurrent_period);
  Numbers recurrent(count, 0);
  for (std::uint32_t i = 0; i < count && period != 0; ++i) recurrent[i] = (i + 1) % period != 0 ? 1 : 0;
  return recurrent;
}

// What only the tensors tell.
void mark_by_tensors(const GgufHeader& header, std::vector<LayerShape>& layers) {
  struct Marks {
    bool expert = false;
    bool latent = false;
    bool recurrent = false;

    bool any() const { return expert || latent || recurrent; }
  };
  auto facts = facts_by_name([](std::string_view name) {
    return Marks{is_expert_tensor(name), name.ends_with(".attn_k_b.weight"), is_recurrent_tensor(name)};
  });
  for (const Tensor& tensor : header.tensors) {
    const Marks& marks = facts.of(tensor.name);
    const auto number = marks.any() ? tensor.layer() : std::nullopt;
    if (!number || *number >= layers.size()) continue;
    LayerShape& layer = layers[*number];
    if (marks.expert) layer.mixture_of_experts = true;
    if (marks.latent) layer.values_in_keys = true;
    if (!marks.recurrent) continue;
    layer.state_elements = 1;  // how many, read_states tells
    if (layer.kind == LayerKind::kOther) layer.kind = LayerKind::kRecurrent;
  }
}

// Layers behind those that keep keys and values look at the ones of an earlier layer.
Result<void> mark_lenders(const ShapeKeys& keys, const Architecture& architecture,
                          std::vector<LayerShape>& layers) {
  const auto count = static_cast<std::uint32_t>(layers.size());
  std::uint32_t own = architecture.layers_with_keys;
  if (own == 0) {
    const auto shared = keys.optional("attention.shared_kv_layers", {0, count - 1});
    if (!shared) return std::unexpected(shared.error());
    own = count - shared->value_or(0);
  }
  for (std::uint32_t i = own; i < count; ++i) layers[i].borrows_keys_values = true;
  return {};
}

// What a recurrent layer carries on, as llama_hparams::n_embd_r and n_embd_s count it; 0 if no key tells.
Result<std::uint64_t> state_elements(const ShapeKeys& keys, std::uint32_t embedding_length) {
  constexpr Range kSize{0, 1U << 20U};
  std::array<std::uint64_t, 5> sizes{};
  constexpr auto kKeys = std::to_array<std::string_view>(
      {"shortconv.l_cache", "ssm.conv_kernel", "ssm.inner_size", "ssm.group_count", "ssm.state_size"});
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    const auto size = keys.optional(kKeys[i], kSize);
    if (!size) return std::unexpected(size.error());
    sizes[i] = size->value_or(0);
  }
  const auto [window, kernel, inner, groups, state] = sizes;
  if (window > 0) return embedding_length * (window - 1);
  if (inner == 0) return std::uint64_t{0};
  // All at most 2^20, so that no product of these wraps.
  return (kernel > 0 ? kernel - 1 : 0) * (inner + 2 * groups * state) + state * inner;
}

Result<void> read_states(const ShapeKeys& keys, std::uint32_t embedding_length,
                         std::vector<LayerShape>& layers) {
  const auto elements = state_elements(keys, embedding_length);
  if (!elements) return std::unexpected(elements.error());
  for (LayerShape& layer : layers) {
    const bool carries = layer.kind == LayerKind::kRecurrent || layer.state_elements > 0;
    layer.state_elements = carries ? *elements : 0;
  }
  return {};
}

}  // namespace

bool is_expert_tensor(std::string_view name) {
  if (name.contains("_exps.")) return true;
  // Files of 2023 have a tensor for each expert: "blk.0.ffn_up.7.weight".
  constexpr auto kParts = std::to_array<std::string_view>({".ffn_up.", ".ffn_gate.", ".ffn_down."});
  return std::ranges::any_of(kParts, [name](std::string_view part) {
    const std::size_t at = name.find(part);
    const std::size_t next = at + part.size();
    return at != std::string_view::npos && next < name.size() &&
           std::isdigit(static_cast<unsigned char>(name[next]));
  });
}

bool is_recurrent_tensor(std::string_view name) {
  constexpr auto kParts = std::to_array<std::string_view>({".ssm_", ".shortconv.", ".time_mix_"});
  return std::ranges::any_of(kParts, [name](std::string_view part) { return name.contains(part); });
}

Result<std::vector<LayerShape>> read_layers(const GgufHeader& header, const ShapeKeys& keys,
                                            const Architecture& architecture, std::uint32_t count,
                                            std::uint32_t embedding_length) {
  const auto heads = read_heads(header, keys, count);
  if (!heads) return std::unexpected(heads.error());
  const auto lengths = read_lengths(keys, *heads, embedding_length);
  if (!lengths) return std::unexpected(lengths.error());
  const auto windows = read_windows(keys, architecture, count);
  if (!windows) return std::unexpected(windows.error());
  const auto recurrent = read_recurrent(keys, architecture, count);
  if (!recurrent) return std::unexpected(recurrent.error());
  const bool own_lengths = keys.has("attention.key_length_swa") && keys.has("attention.value_length_swa");
  const auto sliding = own_lengths ? read_lengths(keys, *heads, embedding_length, "_swa") : lengths;
  if (!sliding) return std::unexpected(sliding.error());

  std::vector<LayerShape> layers(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    LayerShape& layer = layers[i];
    if ((*windows)[i] != 0) layer.sliding_window = (*windows)[i];
    const Lengths& own = layer.sliding_window ? *sliding : *lengths;
    layer.heads = heads->query[i];
    layer.kv_heads = heads->key_value[i];
    layer.key_length = own.key;
    layer.value_length = own.value;
    if ((*recurrent)[i] != 0) layer.kind = LayerKind::kRecurrent;
    if ((*recurrent)[i] == 0 && layer.kv_heads == 0) layer.kind = LayerKind::kOther;
  }
  mark_by_tensors(header, layers);
  if (auto marked = mark_lenders(keys, architecture, layers); !marked) return std::unexpected(marked.error());
  if (auto states = read_states(keys, embedding_length, layers); !states)
    return std::unexpected(states.error());
  return layers;
}

}  // namespace tokcast
