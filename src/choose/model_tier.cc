#include "choose/model_tier.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "model/naming.h"

namespace tokcast {

std::string tier_name_of(const Shape& shape) {
  return fmt::format("{}:{}", shape.id, shape.quantization);
}

std::optional<std::string> source_of(const Shape& shape, const std::optional<std::string>& path) {
  std::error_code unknown;
  if (path) return std::filesystem::absolute(*path, unknown).lexically_normal().string();
  const auto repository = repository_of_id(tier_name_of(shape));
  return repository ? std::optional("hf://" + *repository) : std::nullopt;
}

Tier tier_of(const Shape& shape, const std::string& source, const Workload& turn) {
  Tier out{.name = tier_name_of(shape), .turn = turn};
  out.llm = RegistryModel{.file = {.name = out.name, .url = source},
                          .catalogue_id = shape.id,
                          .quantization = shape.quantization,
                          .gpu_layers = turn.gpu_layers};
  return out;
}

SpeechPair speech_beside(const Registry& registry, const TierMachine& machine, Bytes weights) {
  const auto suits = [&](const Tier& tier) {
    const bool small = !tier.llm || (tier.llm->file.size && *tier.llm->file.size <= weights);
    return small && unmet(tier.requirements, machine).empty();
  };
  const auto found = std::ranges::find_if(registry.tiers, suits);
  if (found != registry.tiers.end()) return found->speech;
  return registry.tiers.empty() ? SpeechPair{} : registry.tiers.back().speech;
}

}  // namespace tokcast
