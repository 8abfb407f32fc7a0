// `tokcast models show`: the shape behind a name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json_values.h"
#include "base/text.h"
#include "choose/merit.h"
#include "choose/quality.h"
#include "choose/quantisation.h"
#include "cli/command.h"
#include "cli/find_model.h"
#include "cli/forecast_text.h"
#include "cli/output.h"
#include "cli/recommend_json.h"
#include "cli/table.h"
#include "model/catalogue.h"
#include "model/ggml_type.h"
#include "model/naming.h"

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

Json types_json(const Shape& shape) {
  Json out = Json::array();
  for (const auto& [name, share] : type_histogram(shape)) {
    out.push_back({{"type", name}, {"tensors", share.tensors}, {"bytes", share.bytes.value}});
  }
  return out;
}

// The row behind a name of the catalogue; nullopt for files and models elsewhere.
std::optional<CatalogueRow> row_behind(const Shape& shape) {
  auto row = find_catalogue_row(shape.id);
  if (!row || shape.header.file_bytes) return std::nullopt;
  return std::move(*row);
}

struct Size {
  std::string mix;
  Bytes weights{};
  std::optional<std::uint64_t> published{};
};

// In the mixes that are published most.
std::vector<Size> sizes_of(const CatalogueRow& row) {
  std::vector<Size> out;
  for (const char* mix : {"Q2_K", "Q3_K_M", "IQ4_XS", "Q4_0", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16"}) {
    const auto shape = find_shape(row.id + ":" + mix);
    if (!shape) continue;
    Size size{.mix = mix, .weights = shape->weight_bytes()};
    if (const auto found = row.published_bytes.find(mix); found != row.published_bytes.end())
      size.published = found->second;
    out.push_back(std::move(size));
  }
  return out;
}

Json catalogue_part(const Shape& shape) {
  const auto row = row_behind(shape);
  if (!row) return {};
  Json sizes = Json::array();
  for (const Size& size : sizes_of(*row)) {
    sizes.push_back({{"quantization", size.mix},
                     {"weights_bytes", size.weights.value},
                     {"published_bytes", or_null(size.published)},
                     {"divergence_nats", or_null(divergence_of(size.mix))}});
  }
  return {{"licence", text_or_null(row->licence)},
          {"release_month", text_or_null(row->release_month)},
          {"repository", text_or_null(row->hf_repo)},
          {"gguf_repository", text_or_null(row->gguf_repo)},
          {"quality", quality_json(quality_scale().of(*row))},
          {"scores", row->quality},
          {"scores_source", text_or_null(row->quality_source)},
          {"sizes", std::move(sizes)}};
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
          {"not_modelled", shape.not_modelled},
          {"catalogue", catalogue_part(shape)}};
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

void add_catalogue_lines(std::vector<std::pair<std::string, std::string>>& out, const CatalogueRow& row) {
  if (!row.licence.empty())
    out.emplace_back("Licence",
                     fmt::format("{} ({})", row.licence, licence_kind_name(licence_kind(row.licence))));
  if (const auto quality = quality_scale().of(row)) {
    out.emplace_back("Quality",
                     quality->sentence() + (quality->remark.empty() ? "" : "; " + quality->remark));
  }
  std::vector<std::string> sizes;
  for (const Size& size : sizes_of(row)) sizes.push_back(size.mix + " " + format_bytes(size.weights));
  out.emplace_back("Sizes", fmt::format("{}", fmt::join(sizes, ", ")));
  if (!row.gguf_repo.empty()) out.emplace_back("Files", row.gguf_repo);
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
  if (const auto row = row_behind(shape)) add_catalogue_lines(out, *row);
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
