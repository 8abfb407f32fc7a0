#include "choose/ollama_manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::string_view kModelLayer = "application/vnd.ollama.image.model";
constexpr std::string_view kTensorLayer = "application/vnd.ollama.image.tensor";
constexpr std::string_view kAdapterLayer = "application/vnd.ollama.image.adapter";
constexpr std::size_t kMostLayers = 4096;
constexpr std::uint64_t kMostBytes = 1ULL << 50U;

std::string text_of(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// "sha256:HEX" or "sha256-HEX" as the name of a blob; nullopt for anything else.
std::optional<std::string> blob_name(const std::string& digest) {
  constexpr std::size_t kPrefix = 7;
  const bool shaped = digest.size() == kPrefix + 64 && digest.starts_with("sha256") &&
                      (digest[kPrefix - 1] == ':' || digest[kPrefix - 1] == '-');
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (!shaped || !std::all_of(digest.begin() + kPrefix, digest.end(), is_hex)) return std::nullopt;
  return "sha256-" + digest.substr(kPrefix);
}

std::optional<Bytes> size_of(const Json& layer) {
  const auto found = layer.find("size");
  if (found == layer.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto bytes = found->get<std::uint64_t>();
  return bytes <= kMostBytes ? std::optional(Bytes(bytes)) : std::nullopt;
}

}  // namespace

Result<OllamaModel> parse_ollama_manifest(std::string_view text, std::string_view place) {
  const std::string where(place);
  const auto document = parse_json(text, place, {.size = kMostManifest, .depth = 16});
  if (!document) return std::unexpected(document.error());
  if (!document->is_object()) return fail(ErrorKind::kBadInput, "a manifest must be an object", where);
  const auto version = document->find("schemaVersion");
  if (version == document->end() || *version != 2)
    return fail(ErrorKind::kUnsupported, "the manifest is not of schemaVersion 2", where + ", schemaVersion");
  const auto layers = document->find("layers");
  if (layers == document->end() || !layers->is_array() || layers->size() > kMostLayers)
    return fail(ErrorKind::kBadInput, "the manifest has no list of layers", where + ", layers");
  OllamaModel out;
  bool has_tensors = false;
  for (const Json& layer : *layers) {
    if (!layer.is_object())
      return fail(ErrorKind::kBadInput, "a layer must be an object", where + ", layers");
    const std::string type = text_of(layer, "mediaType");
    out.has_adapter = out.has_adapter || type == kAdapterLayer;
    has_tensors = has_tensors || type == kTensorLayer;
    if (type != kModelLayer || !out.blob.empty()) continue;
    auto blob = blob_name(text_of(layer, "digest"));
    if (!blob) return fail(ErrorKind::kBadInput, "the model's digest is no SHA-256", where + ", digest");
    out.blob = std::move(*blob);
    out.size = size_of(layer);
  }
  if (!out.blob.empty()) return out;
  return fail(ErrorKind::kUnsupported,
              has_tensors ? "the model is stored tensor by tensor, not as a GGUF file"
                          : "the manifest names no GGUF model",
              where, has_tensors ? "" : "It may run elsewhere (a cloud model).");
}

std::string ollama_name(std::string_view path) {
  const std::vector<std::string_view> parts = split(path, '/');
  if (parts.size() != 4) return std::string(path);
  std::string out;
  if (parts[0] != "registry.ollama.ai") out += std::string(parts[0]) + "/";
  if (parts[1] != "library" || !out.empty()) out += std::string(parts[1]) + "/";
  return out + std::string(parts[2]) + ":" + std::string(parts[3]);
}

}  // namespace tokcast
