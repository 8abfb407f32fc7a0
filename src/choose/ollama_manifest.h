// Ollama's manifests: which blob holds a model's weights.
//
//   MODELS/manifests/HOST/NAMESPACE/MODEL/TAG   JSON: {"schemaVersion": 2, "layers": [{"mediaType": ...,
//                                               "digest": "sha256:HEX", "size": N}, ...]}
//   MODELS/blobs/sha256-HEX                     the content
//
// A digest becomes part of a path, so it is checked before that: CVE-2024-37032 was this file's.
#ifndef TOKCAST_CHOOSE_OLLAMA_MANIFEST_H_
#define TOKCAST_CHOOSE_OLLAMA_MANIFEST_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

constexpr Bytes kMostManifest{256 * kKibi.value};

struct OllamaModel {
  std::string blob;             // "sha256-" and 64 hex digits: a name below blobs/
  std::optional<Bytes> size{};  // as the manifest says
  bool has_adapter = false;     // a LoRA goes with it, which nothing here models
};

// Errors: kBadInput naming the field; kUnsupported for another schemaVersion, and for models that are not
// one GGUF file (stored tensor by tensor, or elsewhere).
Result<OllamaModel> parse_ollama_manifest(std::string_view text, std::string_view place);

// "llama3:8b" of manifests/registry.ollama.ai/library/llama3/8b; what differs from that stands before it.
std::string ollama_name(std::string_view path_below_manifests);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_OLLAMA_MANIFEST_H_
