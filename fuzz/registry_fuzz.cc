// Registries of tiers: whatever is read can be written and read again, and names nothing outside its folders.
#include <cstddef>
#include <cstdint>

#include "choose/registry.h"
#include "fetch/hub_name.h"
#include "fuzz_root.h"

namespace tokcast {
namespace {

void use_file(const RegistryFile& file) {
  require(file.dest_path.empty() || is_file_path(file.dest_path));
  require(!file.sha256 || is_sha256(*file.sha256));
  require(parse_remote_name(file.url, "").has_value());
}

void use_speech(const std::optional<SpeechModel>& model) {
  if (!model) return;
  require(!model->files.empty());
  for (const RegistryFile& file : model->files) use_file(file);
}

void use(const Registry& registry) {
  require(!registry.tiers.empty());
  for (const Tier& tier : registry.tiers) {
    require(find_tier(registry, tier.name, true).has_value());
    use_speech(tier.speech.recognition);
    use_speech(tier.speech.synthesis);
    if (!tier.llm) continue;
    use_file(tier.llm->file);
    [[maybe_unused]] const auto name = catalogue_name(*tier.llm);
  }
  const Json written = registry_to_json(registry);
  const auto again = registry_from_json(written, "again");
  require(again.has_value());
  require(registry_to_json(*again) == written);
}

}  // namespace
}  // namespace tokcast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = tokcast::parse_json({reinterpret_cast<const char*>(data), size}, "fuzz",
                                        {.size = tokcast::Bytes(1 << 20), .depth = 16, .keys = 256});
  if (!json) return 0;
  if (const auto registry = tokcast::registry_from_json(*json, "fuzz")) tokcast::use(*registry);
  return 0;
}
