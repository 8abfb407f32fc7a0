#include "model/naming.h"

#include <filesystem>

#include "base/text.h"
#include "model/catalogue.h"
#include "model/gguf_reader.h"

namespace tokcast {
namespace {

// "llama-2-13b-chat:Q8_0".
struct IdAndMix {
  std::string_view id;
  std::string_view mix;  // empty: none is named
};

IdAndMix split_mix(std::string_view name) {
  const auto colon = name.rfind(':');
  if (colon == std::string_view::npos) return {name, {}};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

Result<Shape> shape_of_file(const std::string& path) {
  auto header = read_gguf_file(path, GgufData::kOptional);
  if (!header) return std::unexpected(header.error());
  return shape_from_header(std::move(*header), std::filesystem::path(path).stem().string());
}

Result<Shape> shape_of_row(std::string_view id, std::string_view mix) {
  const auto row = find_catalogue_row(id);
  if (!row) return std::unexpected(row.error());
  auto header = expand(*row, mix);
  if (!header) return std::unexpected(header.error());
  auto shape = shape_from_header(std::move(*header), row->id);
  if (shape) shape->quantization = mix;
  return shape;
}

}  // namespace

bool is_remote_name(const std::string& name) {
  std::error_code unknown;
  if (std::filesystem::exists(name, unknown)) return false;
  if (name.find("://") != std::string::npos) return true;
  const bool path = name.starts_with('/') || name.starts_with('.') || name.starts_with('~');
  return !path && name.find('/') != std::string::npos && !name.ends_with(".gguf");
}

Result<Shape> find_shape(const std::string& name) {
  if (std::filesystem::exists(name)) return shape_of_file(name);
  if (is_remote_name(name)) {
    return fail(ErrorKind::kUnsupported, "a model that is elsewhere is of no use here", name,
                "Give a GGUF file, or an id of the catalogue (`tokcast models`).");
  }
  if (name.ends_with(".gguf") || name.find('/') != std::string::npos) {
    return fail(ErrorKind::kNotFound, "no such file", name,
                "Check the path, or give an id of the catalogue.");
  }
  const bool mix_is_named = name.find(':') != std::string::npos;
  const auto [id, mix] = split_mix(name);
  return shape_of_row(id, mix_is_named ? mix : kDefaultMix);
}

Result<std::string> repository_of_id(const std::string& name) {
  const auto [id, mix] = split_mix(name);
  const auto row = find_catalogue_row(id);
  if (!row) return std::unexpected(row.error());
  if (row->gguf_repo.empty()) {
    return fail(ErrorKind::kNotFound, "the catalogue knows no repository of GGUF files of this model",
                printable(name), "Look for one on the hub, and name it as user/repo[:QUANT].");
  }
  return mix.empty() ? row->gguf_repo : row->gguf_repo + ":" + std::string(mix);
}

}  // namespace tokcast
