// From a GGUF header to a shape: llama.cpp's keys, checked against each other and against the tensors.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/text.h"
#include "model/architecture.h"
#include "model/shape.h"
#include "model/shape_keys.h"
#include "model/shape_layers.h"
#include "model/tensor_names.h"

namespace tokcast {
namespace {

constexpr Range kLayers{1, 512};  // LLAMA_MAX_LAYERS
constexpr Range kEmbedding{1, 1U << 20U};
constexpr Range kExperts{0, 1024};
constexpr Range kContext{1, 1U << 31U};
constexpr Range kVocabulary{1, 1U << 28U};
constexpr Range kFeedForward{0, 1U << 24U};

// LLAMA_FTYPE of llama.h. Gaps are mixes that were removed.
std::string_view file_type_name(std::uint64_t id) {
  constexpr auto kNames = std::to_array<std::string_view>({
      "F32",   "F16",     "Q4_0",      "Q4_1",   "",       "",        "",       "Q8_0",   "Q5_0",
      "Q5_1",  "Q2_K",    "Q3_K_S",    "Q3_K_M", "Q3_K_L", "Q4_K_S",  "Q4_K_M", "Q5_K_S", "Q5_K_M",
      "Q6_K",  "IQ2_XXS", "IQ2_XS",    "Q2_K_S", "IQ3_XS", "IQ3_XXS", "IQ1_S",  "IQ4_NL", "IQ3_S",
      "IQ3_M", "IQ2_S",   "IQ2_M",     "IQ4_XS", "IQ1_M",  "BF16",    "",       "",       "",
      "TQ1_0", "TQ2_0",   "MXFP4_MOE", "NVFP4",  "Q1_0",   "Q2_0",
  });
  constexpr std::uint64_t kGuessed = 1024;  // a flag: the file did not say, its maker guessed
  const std::uint64_t bare = id & ~kGuessed;
  return bare < kNames.size() && !kNames[bare].empty() ? kNames[bare] : "unknown";
}

const Tensor* find_tensor(const GgufHeader& header, std::string_view name) {
  const auto found = std::ranges::find(header.tensors, name, &Tensor::name);
  return found == header.tensors.end() ? nullptr : &*found;
}

Result<std::string> read_architecture(const GgufHeader& header) {
  constexpr auto kFix = "Give the language model's own GGUF file.";
  const auto name = header.find_string("general.architecture");
  if (!name || name->empty()) {
    return fail(ErrorKind::kUnsupported, "the file does not name an architecture", "general.architecture",
                kFix);
  }
  const std::string type = header.find_string("general.type").value_or("model");
  if (type != "model" || *name == "clip") {
    return fail(ErrorKind::kUnsupported,
                fmt::format("this is no language model but of type \"{}\"",
                            printable(type == "model" ? *name : type)),
                "general.type", kFix);
  }
  if (header.tensors.empty()) {
    return fail(ErrorKind::kUnsupported, "the file has no tensors, so it is no model", "tensor count", kFix);
  }
  return *name;
}

Result<std::uint32_t> read_vocabulary(const GgufHeader& header, const ShapeKeys& keys) {
  if (const Tensor* embedding = find_tensor(header, "token_embd.weight");
      embedding && embedding->dimensions.size() > 1) {
    const std::uint64_t rows = embedding->dimensions[1];
    if (rows > kVocabulary.most) return keys.bad("vocab_size", fmt::format("{} tokens are too many", rows));
    return static_cast<std::uint32_t>(rows);
  }
  if (keys.has("vocab_size")) return keys.required("vocab_size", kVocabulary);
  const GgufValue* tokens = header.find("tokenizer.ggml.tokens");
  const auto* array = tokens == nullptr ? nullptr : std::get_if<GgufArray>(&tokens->value);
  if (array == nullptr || array->count == 0 || array->count > kVocabulary.most) {
    return keys.bad("vocab_size", "the size of the vocabulary is missing or out of range");
  }
  return static_cast<std::uint32_t>(array->count);
}

Result<void> read_experts(const ShapeKeys& keys, Shape& shape) {
  const auto experts = keys.optional("expert_count", kExperts);
  if (!experts) return std::unexpected(experts.error());
  if (experts->value_or(0) == 0) return {};  // some converters write 0 for dense models
  const auto used = keys.required("expert_used_count", {1, **experts});
  if (!used) return std::unexpected(used.error());
  shape.experts = *experts;
  shape.experts_used = *used;
  return {};
}

Result<void> check_expert_tensor(const Tensor& tensor, const ShapeKeys& keys, const Shape& shape) {
  if (!shape.experts) {
    return keys.bad("expert_count",
                    fmt::format("it is missing, but {} holds experts", printable(tensor.name)));
  }
  const bool stacked = tensor.dimensions.size() == 3;
  if (!stacked || tensor.dimensions[2] == *shape.experts) return {};
  return keys.bad("expert_count", fmt::format("it is {}, but {} holds {} experts", *shape.experts,
                                              printable(tensor.name), tensor.dimensions[2]));
}

Result<void> check_tensors(const ShapeKeys& keys, const Shape& shape, std::uint32_t blocks) {
  const Tensor* embedding = find_tensor(shape.header, "token_embd.weight");
  if (embedding != nullptr && embedding->dimensions[0] != shape.embedding_length) {
    return keys.bad("embedding_length", fmt::format("it is {}, but token_embd.weight has rows of {}",
                                                    shape.embedding_length, embedding->dimensions[0]));
  }
  auto expert = facts_by_name([](std::string_view name) { return is_expert_tensor(name); });
  for (const Tensor& tensor : shape.header.tensors) {
    if (tensor.layer().value_or(0) >= blocks) {
      return keys.bad("block_count",
                      fmt::format("it is {}, but there is a tensor {}", blocks, printable(tensor.name)));
    }
    if (!expert.of(tensor.name)) continue;
    if (const auto checked = check_expert_tensor(tensor, keys, shape); !checked) return checked;
  }
  return {};
}

// Is any attention layer's key projection of another size than its heads say?
bool has_odd_keys(const Shape& shape) {
  return std::ranges::any_of(shape.header.tensors, [&](const Tensor& tensor) {
    if (!tensor.name.ends_with(".attn_k.weight")) return false;
    const auto number = tensor.layer();
    if (!number || *number >= shape.layers.size()) return false;
    const LayerShape& layer = shape.layers[*number];
    const std::uint64_t expected = std::uint64_t{layer.kv_heads} * layer.key_length;
    return layer.kind == LayerKind::kAttention && tensor.dimensions.size() == 2 &&
           tensor.dimensions[1] != expected;
  });
}

bool any_layer(const Shape& shape, auto property) {
  return std::ranges::any_of(shape.layers, property);
}

bool is_recurrent(const Shape& shape) {
  const auto carries = [](const LayerShape& layer) {
    return layer.kind == LayerKind::kRecurrent || layer.state_elements > 0;
  };
  if (any_layer(shape, carries)) return true;
  auto recurrent = facts_by_name([](std::string_view name) { return is_recurrent_tensor(name); });
  return std::ranges::any_of(shape.header.tensors,
                             [&](const Tensor& tensor) { return recurrent.of(tensor.name); });
}

bool has_unknown_states(const Shape& shape, bool recurrent) {
  const bool known = any_layer(shape, [](const LayerShape& layer) { return layer.state_elements > 0; });
  const bool lacking = any_layer(shape, [](const LayerShape& layer) {
    return layer.kind == LayerKind::kRecurrent && layer.state_elements == 0;
  });
  return lacking || (!known && recurrent);
}

bool is_latent(const Shape& shape) {
  return any_layer(shape, [](const LayerShape& layer) { return layer.values_in_keys; });
}

// One vector for all heads is what the engine keeps; anything else under that name is not known.
bool has_odd_latents(const Shape& shape) {
  return any_layer(shape,
                   [](const LayerShape& layer) { return layer.values_in_keys && layer.kv_heads != 1; });
}

std::vector<std::string> find_gaps(const ShapeKeys& keys, const Shape& shape,
                                   const std::optional<Architecture>& architecture, bool recurrent) {
  std::vector<std::string> gaps;
  const auto add = [&](bool applies, std::string_view gap) {
    if (applies) gaps.emplace_back(gap);
  };
  if (!architecture)
    gaps.push_back(fmt::format("the architecture \"{}\" is not known", printable(shape.architecture)));
  if (architecture) add(!architecture->not_modelled.empty(), architecture->not_modelled);
  const bool told = !gaps.empty();  // once is enough of what the architecture's name says already
  add(!told && has_odd_latents(shape),
      "latent attention with several vectors a position is not modelled yet");
  add(!told && has_unknown_states(shape, recurrent),
      "recurrent layers whose state no key tells are not modelled yet");
  add(!told && keys.has("attention.indexer.head_count"),
      "sparse attention by an indexer is not modelled yet");
  add(!told && !keys.has("attention.kv_lora_rank") && has_odd_keys(shape),
      "keys of another size than the attention heads say are not modelled yet");
  return gaps;
}

std::vector<std::string> find_rough_parts(const Shape& shape, const std::optional<Architecture>& architecture,
                                          bool recurrent) {
  std::vector<std::string> out;
  if (architecture && !architecture->roughly_modelled.empty()) {
    out.emplace_back(architecture->roughly_modelled);
  }
  if (is_latent(shape)) out.emplace_back("multi-head latent attention");
  if (recurrent) out.emplace_back("recurrent layers");
  return out;
}

// What stands in keys of its own, one by one.
Result<void> read_sizes(const ShapeKeys& keys, Shape& shape) {
  const auto embedding = keys.required("embedding_length", kEmbedding);
  if (!embedding) return std::unexpected(embedding.error());
  const auto context = keys.optional("context_length", kContext);
  if (!context) return std::unexpected(context.error());
  const auto vocabulary = read_vocabulary(shape.header, keys);
  if (!vocabulary) return std::unexpected(vocabulary.error());
  shape.embedding_length = *embedding;
  shape.context_length = *context;
  shape.vocabulary = *vocabulary;
  return read_experts(keys, shape);
}

Result<void> read_blocks(const ShapeKeys& keys, const std::optional<Architecture>& architecture,
                         Shape& shape) {
  const auto blocks = keys.required("block_count", kLayers);
  if (!blocks) return std::unexpected(blocks.error());
  const auto predicting = keys.optional("nextn_predict_layers", {0, *blocks - 1});
  if (!predicting) return std::unexpected(predicting.error());
  const std::uint32_t count = *blocks - predicting->value_or(0);
  if (const auto widths = keys.per_layer("feed_forward_length", count, kFeedForward); !widths) {
    return std::unexpected(widths.error());
  }
  auto layers =
      read_layers(shape.header, keys, architecture.value_or(Architecture{}), count, shape.embedding_length);
  if (!layers) return std::unexpected(layers.error());
  shape.layers = std::move(*layers);
  return check_tensors(keys, shape, *blocks);
}

}  // namespace

Result<Shape> shape_from_header(GgufHeader header, std::string id) {
  const auto name = read_architecture(header);
  if (!name) return std::unexpected(name.error());
  const auto architecture = find_architecture(*name);
  Shape shape;
  shape.id = std::move(id);
  shape.architecture = *name;
  shape.header = std::move(header);
  constexpr auto kNoType = std::numeric_limits<std::uint64_t>::max();
  shape.quantization = file_type_name(shape.header.find_uint("general.file_type").value_or(kNoType));
  shape.tied_output = find_tensor(shape.header, "output.weight") == nullptr;
  const ShapeKeys keys(shape.header, shape.architecture);
  if (const auto sizes = read_sizes(keys, shape); !sizes) return std::unexpected(sizes.error());
  if (const auto blocks = read_blocks(keys, architecture, shape); !blocks)
    return std::unexpected(blocks.error());
  const bool recurrent = is_recurrent(shape);
  shape.not_modelled = find_gaps(keys, shape, architecture, recurrent);
  shape.roughly_modelled = find_rough_parts(shape, architecture, recurrent);
  return shape;
}

}  // namespace tokcast
