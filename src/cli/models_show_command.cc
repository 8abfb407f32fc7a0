// `tokcast models show`: the shape behind a name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/command.h"
#include "cli/find_model.h"
#include "cli/forecast_text.h"
#include "cli/output.h"
#include "cli/table.h"
#include "model/ggml_type.h"

namespace tokcast {
namespace {

struct Options {
  std::string model;
  bool json = false;
};

struct TypeShare {
  std::size_t tensors = 0;
  Bytes bytes{};
};

// By type's name; the shares add up to the model.
std::map<std::string, TypeShare> type_histogram(const Shape& shape) {
  std::map<std::string, TypeShare> out;
  for (const Tensor& tensor : shape.header.tensors) {
    TypeShare& share = out[std::string(geometry(tensor.type).name)];
    ++share.tensors;
    share.bytes += tensor.bytes();
  }
  return out;
}

// The different values of a quantity over the layers that attend: [8], or [1, 8] where they differ.
template <typename Get>
std::vector<std::uint32_t> over_attention(const Shape& shape, Get get) {
  std::set<std::uint32_t> values;
  for (const LayerShape& layer : shape.layers) {
    if (layer.kind == LayerKind::kAttention) values.insert(get(layer));
  }
  return {values.begin(), values.end()};
}

struct Heads {
  std::vector<std::uint32_t> heads, kv_heads, key_lengths, windows;
};

Heads heads_of(const Shape& shape) {
  Heads out{
      .heads = over_attention(shape, [](const LayerShape& l) { return l.heads; }),
      .kv_heads = over_attention(shape, [](const LayerShape& l) { return l.kv_heads; }),
      .key_lengths = over_attention(shape, [](const LayerShape& l) { return l.key_length; }),
      .windows = over_attention(shape, [](const LayerShape& l) { return l.sliding_window.value_or(0); })};
  std::erase(out.windows, 0U);
  return out;
}

std::size_t count_kind(const Shape& shape, LayerKind kind) {
  return static_cast<std::size_t>(std::ranges::count(shape.layers, kind, &LayerShape::kind));
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json types_json(const Shape& shape) {
  Json out = Json::array();
  for (const auto& [name, share] : type_histogram(shape)) {
    out.push_back({{"type", name}, {"tensors", share.tensors}, {"bytes", share.bytes.value}});
  }
  return out;
}

Json document(const Shape& shape) {
  const Heads heads = heads_of(shape);
  return {{"schema", "tokcast.model/1"},
          {"id", shape.id},
          {"architecture", shape.architecture},
          {"quantization", shape.quantization},
          {"parameters", shape.parameters()},
          {"active_parameters", shape.active_parameters()},
          {"weight_bytes", shape.weight_bytes().value},
          {"decode_bytes", shape.decode_bytes().value},
          {"layers", shape.layers.size()},
          {"attention_layers", count_kind(shape, LayerKind::kAttention)},
          {"recurrent_layers", count_kind(shape, LayerKind::kRecurrent)},
          {"embedding_length", shape.embedding_length},
          {"heads", heads.heads},
          {"kv_heads", heads.kv_heads},
          {"key_lengths", heads.key_lengths},
          {"sliding_windows_tokens", heads.windows},
          {"experts", or_null(shape.experts)},
          {"experts_used", or_null(shape.experts_used)},
          {"vocabulary", shape.vocabulary},
          {"context_tokens", or_null(shape.context_length)},
          {"tied_output", shape.tied_output},
          {"kv_bytes_per_token", shape.kv_bytes_per_token().value},
          {"types", types_json(shape)},
          {"not_modelled", shape.not_modelled}};
}

std::string types_text(const Shape& shape) {
  std::vector<std::string> parts;
  for (const auto& [name, share] : type_histogram(shape)) {
    parts.push_back(fmt::format("{} {} ({})", share.tensors, name, format_bytes(share.bytes)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string layers_text(const Shape& shape) {
  const std::size_t recurrent = count_kind(shape, LayerKind::kRecurrent);
  const std::size_t attention = count_kind(shape, LayerKind::kAttention);
  std::string out = fmt::format("{}", shape.layers.size());
  if (attention != shape.layers.size())
    out += fmt::format(" ({} attend, {} recurrent)", attention, recurrent);
  return out + fmt::format(" of width {}", shape.embedding_length);
}

std::vector<std::pair<std::string, std::string>> lines_of(const Shape& shape) {
  const Heads heads = heads_of(shape);
  std::vector<std::pair<std::string, std::string>> out{
      {"Architecture", shape.architecture},
      {"Parameters", format_parameters(shape.parameters())},
      {"Weights",
       format_bytes(shape.weight_bytes()) + ", read for a token " + format_bytes(shape.decode_bytes())},
      {"Layers", layers_text(shape)},
      {"Heads", fmt::format("{}, of keys and values {}, each of {}", fmt::join(heads.heads, "/"),
                            fmt::join(heads.kv_heads, "/"), fmt::join(heads.key_lengths, "/"))}};
  if (shape.active_parameters() != shape.parameters()) {
    out[1].second += fmt::format(" ({} active)", format_parameters(shape.active_parameters()));
  }
  if (shape.experts)
    out.emplace_back("Experts", fmt::format("{}, used {}", *shape.experts, shape.experts_used.value_or(0)));
  out.emplace_back("Vocabulary",
                   std::to_string(shape.vocabulary) + (shape.tied_output ? ", tied to the output" : ""));
  if (shape.context_length) out.emplace_back("Context", fmt::format("{} tokens", *shape.context_length));
  if (!heads.windows.empty())
    out.emplace_back("Window", fmt::format("{} tokens", fmt::join(heads.windows, "/")));
  out.emplace_back("Context costs", format_bytes(shape.kv_bytes_per_token()) + " a token");
  out.emplace_back("Tensors", types_text(shape));
  for (const std::string& gap : shape.not_modelled) out.emplace_back("Not modelled", gap);
  return out;
}

Result<ExitCode> run(const Options& options) {
  const auto shape = find_model(options.model);
  if (!shape) return std::unexpected(shape.error());
  if (options.json) {
    print_json(document(*shape));
    return ExitCode::kDone;
  }
  const Terminal terminal = terminal_of(1);
  print_text(coloured(model_label(*shape), Colour::kBold, terminal.colour) + "\n");
  print_text(format_definitions(lines_of(*shape), terminal));
  return ExitCode::kDone;
}

}  // namespace

Command add_models_show(CLI::App& models) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = models.add_subcommand("show", "The shape of one model");
  parser->add_option("MODEL", options->model, kModelHelp)->required()->type_name("");
  parser->add_flag("--json", options->json, "One JSON document");
  parser->footer("Example:\n  tokcast models show llama-2-13b-chat:Q8_0");
  return {parser, [options] { return run(*options); }};
}

}  // namespace tokcast
