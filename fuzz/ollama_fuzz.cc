// Ollama's manifests: whatever stands in one, a blob's name is a digest and nothing else.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "choose/ollama_manifest.h"
#include "fuzz_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto model = tokcast::parse_ollama_manifest(text, "fuzz")) {
    tokcast::require(model->blob.size() == 71 && model->blob.starts_with("sha256-"));
    tokcast::require(model->blob.find_first_not_of("0123456789abcdef", 7) == std::string::npos);
  }
  tokcast::require(!tokcast::ollama_name(text.substr(0, 4096)).empty() || text.empty());
  return 0;
}
