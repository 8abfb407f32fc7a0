// llama.cpp knows a layer's kind in four ways: by its tensors (nothing to do), by a per-layer array (cut it),
// by a count of leading layers (count again), or by a period of its number (find a period that gives the same
// kinds).
#include "model/reduce.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "model/architecture.h"

namespace tokcast {
namespace {

constexpr std::uint32_t kMaxLayers = 512;  // the engine's own limit (LLAMA_MAX_LAYERS)

struct Reduction {
  const GgufHeader& full;
  std::span<const std::uint32_t> chosen;
  std::string architecture;
  std::uint32_t blocks = 0;  // of the full model, next-token-prediction ones included
  std::uint32_t usable = 0;  // without those
  GgufHeader reduced;

  std::string key(std::string_view suffix) const { return fmt::format("{}.{}", architecture, suffix); }
  std::optional<std::uint32_t> number(std::string_view suffix) const;
  void set(std::string_view suffix, std::uint32_t value) { set_pair(gguf_uint32(key(suffix), value)); }
  void set_pair(GgufKeyValue pair);
  std::uint32_t count_chosen(auto condition) const {
    return static_cast<std::uint32_t>(std::ranges::count_if(chosen, condition));
  }
};

std::optional<std::uint32_t> Reduction::number(std::string_view suffix) const {
  const auto found = full.find_uint(key(suffix));
  if (!found || *found > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*found);
}

void Reduction::set_pair(GgufKeyValue pair) {
  const auto found = std::ranges::find(reduced.metadata, pair.key, &GgufKeyValue::key);
  if (found == reduced.metadata.end()) {
    reduced.metadata.push_back(std::move(pair));
  } else {
    found->value = std::move(pair.value);
  }
}

std::unexpected<Error> refuse(std::string message, std::string fix) {
  return fail(ErrorKind::kUsage, std::move(message), "chosen layers", std::move(fix));
}

Result<Reduction> start(const GgufHeader& full, std::span<const std::uint32_t> chosen) {
  const auto architecture = full.find_string("general.architecture");
  if (!architecture) {
    return fail(ErrorKind::kBadInput, "The file does not name its architecture.", "general.architecture",
                "Get the file again from its source.");
  }
  Reduction result{full, chosen, *architecture, 0, 0, {}};
  result.blocks = result.number("block_count").value_or(0);
  if (result.blocks == 0 || result.blocks > kMaxLayers) {
    return fail(ErrorKind::kBadInput,
                fmt::format("The number of layers is missing or not within 1 to {}.", kMaxLayers),
                result.key("block_count"), "Get the file again from its source.");
  }
  result.usable = result.blocks - std::min(result.blocks, result.number("nextn_predict_layers").value_or(0));
  if (chosen.empty()) return refuse("No layers are chosen.", "Choose at least one.");
  if (const std::uint32_t last = std::ranges::max(chosen); last >= result.usable) {
    return refuse(fmt::format("Layer {} is not one of the {} layers that decode.", last, result.usable),
                  "Choose layers below that number.");
  }
  return result;
}

// Some models are recognised by 26 or 27 layers (src/models/deepseek2.cpp, is_lite): with fewer, other
// tensors are looked for. In llama4 every fourth layer does without rotation, and the engine aborts if none
// does.
Result<void> check_recognisable(const Reduction& work) {
  if (work.architecture == "llama4" && work.chosen.size() < 4) {
    return refuse("This architecture does not run with fewer than four layers.", "Choose at least four.");
  }
  if (work.architecture != "deepseek2" || work.number("attention.q_lora_rank")) return {};
  if (work.chosen.size() == 26 || work.chosen.size() == 27) return {};
  return fail(ErrorKind::kUnsupported, "llama.cpp recognises this model by its number of layers.",
              work.architecture, "Measure the whole model instead.");
}

// The value under the key for this layer, be it one for all layers or one for each.
std::optional<double> of_layer(const Reduction& work, std::string_view suffix, std::uint32_t layer) {
  const std::string key = work.key(suffix);
  const GgufValue* value = work.full.find(key);
  const auto* array = value == nullptr ? nullptr : std::get_if<GgufArray>(&value->value);
  if (array == nullptr) return work.full.find_double(key);
  return layer < array->numbers.size() ? std::optional(array->numbers[layer]) : std::nullopt;
}

enum class Kind { kAttention, kWindow, kRecurrent, kOther };

Kind kind_of(const Reduction& work, std::uint32_t layer) {
  const auto interval = work.number("full_attention_interval").value_or(0);
  if (interval > 0) return (layer + 1) % interval == 0 ? Kind::kAttention : Kind::kRecurrent;
  if (of_layer(work, "attention.head_count_kv", layer) == 0) {
    const bool has_states = work.number("ssm.state_size") || work.number("shortconv.l_cache");
    const GgufValue* widths = work.full.find(work.key("feed_forward_length"));
    const bool one_block = widths != nullptr && std::holds_alternative<GgufArray>(widths->value);
    const bool feeds_forward = one_block && of_layer(work, "feed_forward_length", layer) != 0;
    return has_states && !feeds_forward ? Kind::kRecurrent : Kind::kOther;
  }
  const GgufValue* windows = work.full.find(work.key("attention.sliding_window_pattern"));
  const bool listed = windows != nullptr && std::holds_alternative<GgufArray>(windows->value);
  const auto known = find_architecture(work.architecture);
  if (!listed || (known && known->sliding_period != 0)) return Kind::kAttention;
  return of_layer(work, "attention.sliding_window_pattern", layer) != 0 ? Kind::kWindow : Kind::kAttention;
}

// The engine makes a cache for each kind, and aborts if one of them stays empty.
Result<void> check_kinds(Reduction& work) {
  for (std::uint32_t layer = 0; layer < work.usable; ++layer) {
    const Kind kind = kind_of(work, layer);
    const auto is_alike = [&](std::uint32_t other) { return kind_of(work, other) == kind; };
    if (kind == Kind::kOther || std::ranges::any_of(work.chosen, is_alike)) continue;
    return refuse("A layer of each kind is needed, and one is missing.",
                  fmt::format("Choose layer {} or one like it as well.", layer));
  }
  return {};
}

bool belongs_to_file(std::string_view key) {
  return key.starts_with("split.") || key.starts_with("tokenizer.");
}

// An array with one element for each layer, that is: of this length, and no list of something else.
bool is_per_layer(const GgufKeyValue& pair, std::uint32_t blocks) {
  const auto* array = std::get_if<GgufArray>(&pair.value.value);
  return array != nullptr && array->count == blocks && array->numbers.size() == blocks &&
         !pair.key.starts_with("general.") && !pair.key.ends_with(".rope.dimension_sections");
}

GgufKeyValue cut(GgufKeyValue pair, const Reduction& work) {
  auto& array = std::get<GgufArray>(pair.value.value);
  const std::vector<double> all = std::exchange(array.numbers, {});
  for (const std::uint32_t layer : work.chosen) array.numbers.push_back(all[layer]);
  array.payload_bytes = array.payload_bytes / array.count * work.chosen.size();
  array.count = work.chosen.size();
  return pair;
}

void copy_metadata(Reduction& work) {
  for (const GgufKeyValue& pair : work.full.metadata) {
    if (belongs_to_file(pair.key)) continue;
    work.reduced.metadata.push_back(is_per_layer(pair, work.blocks) ? cut(pair, work) : pair);
  }
  work.set("block_count", static_cast<std::uint32_t>(work.chosen.size()));
  if (work.number("nextn_predict_layers")) work.set("nextn_predict_layers", 0);
  // The first layers get image features; the engine aborts if the last is one of them.
  if (const auto fed = work.number("n_deepstack_layers")) {
    work.set("n_deepstack_layers", std::min(*fed, static_cast<std::uint32_t>(work.chosen.size() - 1)));
  }
}

void drop_vocabulary(Reduction& work) {
  const auto embedding = std::ranges::find(work.full.tensors, "token_embd.weight", &Tensor::name);
  if (!work.number("vocab_size") && embedding != work.full.tensors.end() &&
      embedding->dimensions.size() == 2) {
    work.set("vocab_size", static_cast<std::uint32_t>(embedding->dimensions[1]));
  }
  work.set_pair(gguf_string("tokenizer.ggml.model", "no_vocab"));
}

Result<void> count_dense_lead(Reduction& work) {
  const auto lead = work.number("leading_dense_block_count");
  if (!lead) return {};
  const auto is_dense = [&](std::uint32_t layer) { return layer < *lead; };
  if (!std::ranges::is_partitioned(work.chosen, is_dense)) {
    return refuse("A dense layer stands behind one with experts.", "Put the leading dense layers first.");
  }
  work.set("leading_dense_block_count", work.count_chosen(is_dense));
  return {};
}

// Every step-th layer has experts: 1 for all of them, more than there are layers for none.
Result<void> find_expert_step(Reduction& work) {
  const auto step = work.number("interleave_moe_layer_step");
  if (!step || *step <= 1) return {};
  const auto layers = static_cast<std::uint32_t>(work.chosen.size());
  for (std::uint32_t candidate = 1; candidate <= layers + 1; ++candidate) {
    bool fits = true;
    for (std::uint32_t i = 0; i < layers; ++i) {
      fits = fits && ((work.chosen[i] + 1) % *step == 0) == ((i + 1) % candidate == 0);
    }
    if (fits) return work.set("interleave_moe_layer_step", candidate), Result<void>{};
  }
  return refuse("The layers with experts follow no period.",
                fmt::format("Choose whole periods of {} consecutive layers.", *step));
}

bool has_window(const Reduction& work, std::uint32_t layer, const Architecture& known) {
  const GgufValue* pattern = work.full.find(work.key("attention.sliding_window_pattern"));
  if (pattern != nullptr && std::holds_alternative<GgufArray>(pattern->value)) {
    return of_layer(work, "attention.sliding_window_pattern", layer).value_or(0) != 0;
  }
  const auto period = work.number("attention.sliding_window_pattern").value_or(known.sliding_period);
  if (period == 0) return true;
  return known.full_first ? layer % period != 0 : layer % period + 1 != period;
}

void find_window_period(Reduction& work) {
  const auto known = find_architecture(work.architecture);
  if (!known || known->sliding_period == 0) return;
  if (work.number("attention.sliding_window").value_or(known->default_window) == 0) return;
  const std::uint32_t without =
      work.count_chosen([&](std::uint32_t layer) { return !has_window(work, layer, *known); });
  const auto layers = static_cast<std::uint32_t>(work.chosen.size());
  const auto without_at = [&](std::uint32_t period) {
    return known->full_first ? (layers + period - 1) / period : layers / period;
  };
  // Period 1 would leave no window at all, which the engine takes for an error.
  std::uint32_t period = 2;
  while (period <= layers && without_at(period) > without) ++period;
  work.set("attention.sliding_window_pattern", period);
}

void list_recurrent_layers(Reduction& work) {
  const std::uint32_t interval = work.number("full_attention_interval").value_or(0);
  if (interval == 0 || work.full.find(work.key("attention.recurrent_layers")) != nullptr) return;
  std::vector<bool> recurrent;
  for (const std::uint32_t layer : work.chosen) recurrent.push_back((layer + 1) % interval != 0);
  work.set_pair(gguf_bool_array(work.key("attention.recurrent_layers"), recurrent));
}

// The last layers keep no keys of their own: one with a window borrows from the last lender but one, others
// from the last (llama-model.cpp, layer_reuse_cb).
Result<void> count_borrowers(Reduction& work) {
  const std::uint32_t shared = std::min(work.number("attention.shared_kv_layers").value_or(0), work.blocks);
  if (shared == 0) return {};
  const auto lends = [&](std::uint32_t layer) { return layer + shared < work.blocks; };
  const std::uint32_t lenders = work.count_chosen(lends);
  bool legal = std::ranges::is_partitioned(work.chosen, lends);
  for (const std::uint32_t layer : work.chosen.subspan(legal ? lenders : work.chosen.size())) {
    const bool window = has_window(work, layer, {});
    const std::uint32_t distance = window ? 2 : 1;
    legal = legal && distance <= lenders && has_window(work, work.chosen[lenders - distance], {}) == window;
  }
  if (!legal) {
    return refuse("A layer without keys of its own would borrow from one of another kind.",
                  fmt::format("Put the two layers before layer {} ahead of it.", work.blocks - shared));
  }
  work.set("attention.shared_kv_layers", static_cast<std::uint32_t>(work.chosen.size()) - lenders);
  return {};
}

// llama.cpp looks for these norms in models of 64 layers and more only (src/models/command-r.cpp).
bool is_unexpected(const Tensor& tensor, const Reduction& work) {
  return work.architecture == "command-r" && work.chosen.size() < 64 &&
         (tensor.name.ends_with("attn_q_norm.weight") || tensor.name.ends_with("attn_k_norm.weight"));
}

// These two hold a slice for each layer, along the dimension named.
std::optional<std::size_t> layered_dimension(std::string_view name) {
  if (name == "per_layer_token_embd.weight") return 0;
  if (name == "per_layer_model_proj.weight") return 1;
  return std::nullopt;
}

void add_layers(Reduction& work) {
  for (std::uint32_t i = 0; i < work.chosen.size(); ++i) {
    const std::string prefix = fmt::format("blk.{}.", work.chosen[i]);
    for (const Tensor& tensor : work.full.tensors) {
      if (!tensor.name.starts_with(prefix) || is_unexpected(tensor, work)) continue;
      Tensor& copy = work.reduced.tensors.emplace_back(tensor);
      copy.name = fmt::format("blk.{}.{}", i, tensor.name.substr(prefix.size()));
    }
  }
}

void copy_tensors(Reduction& work) {
  bool layers_added = false;
  for (const Tensor& tensor : work.full.tensors) {
    if (tensor.layer()) {
      if (!std::exchange(layers_added, true)) add_layers(work);
      continue;
    }
    Tensor& copy = work.reduced.tensors.emplace_back(tensor);
    const auto dimension = layered_dimension(tensor.name);
    if (dimension && *dimension < copy.dimensions.size()) {
      copy.dimensions[*dimension] = copy.dimensions[*dimension] / work.blocks * work.chosen.size();
    }
  }
}

}  // namespace

Result<GgufHeader> reduce_layers(const GgufHeader& full, std::span<const std::uint32_t> chosen_layers) {
  auto work = start(full, chosen_layers);
  if (!work) return std::unexpected(work.error());
  work->reduced.version = full.version;
  work->reduced.alignment = full.alignment;
  copy_metadata(*work);
  drop_vocabulary(*work);
  find_window_period(*work);
  list_recurrent_layers(*work);
  for (const auto step : {check_kinds, count_dense_lead, find_expert_step, count_borrowers}) {
    if (auto done = step(*work); !done) return std::unexpected(done.error());
  }
  if (auto known = check_recognisable(*work); !known) return std::unexpected(known.error());
  copy_tensors(*work);
  return std::move(work->reduced);
}

}  // namespace tokcast
