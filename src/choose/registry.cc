#include "choose/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "model/catalogue.h"
#include "model/quant_mix.h"

namespace tokcast {
namespace {

std::string canonical(std::string_view name) {
  std::string out = lower(name);
  std::ranges::replace(out, '-', '_');
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

std::vector<std::string> names_of(const Registry& registry) {
  std::vector<std::string> out;
  for (const Tier& tier : registry.tiers) out.push_back(tier.name);
  return out;
}

const Tier* tier_named(const Registry& registry, std::string_view name) {
  const auto found = std::ranges::find_if(
      registry.tiers, [name](const Tier& tier) { return canonical(tier.name) == canonical(name); });
  return found == registry.tiers.end() ? nullptr : &*found;
}

// "tinyllama-1.1b-chat-v1.0" and "Q4_K_M" of "tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf"; the mix may be empty.
struct FileWords {
  std::string stem;
  std::string mix{};
};

FileWords words_of(std::string_view file) {
  FileWords out{lower(std::filesystem::path(file).stem().string())};
  for (const std::string& mix : all_mixes()) {
    const std::string end = lower(mix);
    if (!out.stem.ends_with(end) || out.stem.size() <= end.size() + 1) continue;
    const char before = out.stem[out.stem.size() - end.size() - 1];
    if (before != '.' && before != '-') continue;
    return {out.stem.substr(0, out.stem.size() - end.size() - 1), mix};
  }
  return out;
}

// The whole of `stem`, or what stands before a '-' in it.
bool begins_with_words(std::string_view stem, std::string_view words) {
  return stem.starts_with(words) && (stem.size() == words.size() || stem[words.size()] == '-');
}

// The longest id of the catalogue that the name begins with, or the row whose files are named so.
const CatalogueRow* row_of(std::string_view stem) {
  const CatalogueRow* best = nullptr;
  for (const CatalogueRow& row : catalogue()) {
    const auto repository = lower(std::filesystem::path(row.gguf_repo).filename().string());
    if (!repository.empty() && repository == std::string(stem) + "-gguf") return &row;
    const bool longer = best == nullptr || row.id.size() > best->id.size();
    if (longer && begins_with_words(stem, lower(row.id))) best = &row;
  }
  return best;
}

}  // namespace

bool Tier::on_gpu() const {
  return requirements.gpu || (llm && llm->gpu_layers.value_or(0) != 0);
}

std::optional<std::string> catalogue_name(const RegistryModel& model) {
  const FileWords words = words_of(model.file.name);
  const CatalogueRow* row = model.catalogue_id.empty() ? row_of(words.stem) : nullptr;
  if (!model.catalogue_id.empty() && !find_catalogue_row(model.catalogue_id)) return std::nullopt;
  if (model.catalogue_id.empty() && row == nullptr) return std::nullopt;
  const std::string id = row != nullptr ? row->id : lower(model.catalogue_id);
  const std::string& mix = model.quantization.empty() ? words.mix : model.quantization;
  // A name without one says nothing about the size of the file.
  if (mix.empty()) return std::nullopt;
  return id + ":" + mix;
}

std::string tier_names(const Registry& registry) {
  return joined(names_of(registry));
}

Result<NamedTier> find_tier(const Registry& registry, std::string_view wanted, bool has_gpu) {
  if (const Tier* tier = tier_named(registry, wanted)) return NamedTier{tier};
  const std::string old = canonical(wanted);
  if (old == "light" || old == "medium" || old == "heavy") {
    const Tier* tier = has_gpu ? tier_named(registry, old + "_gpu") : nullptr;
    if (tier == nullptr) tier = tier_named(registry, old + "_cpu");
    if (tier != nullptr) {
      return NamedTier{tier, fmt::format("{} is an old name: taken as {}", printable(wanted), tier->name)};
    }
  }
  const auto nearest = nearest_word(canonical(wanted), [&registry] {
    std::vector<std::string> names = names_of(registry);
    std::ranges::transform(names, names.begin(), [](const std::string& name) { return canonical(name); });
    return names;
  }());
  const Tier* near = nearest ? tier_named(registry, *nearest) : nullptr;
  return fail(ErrorKind::kUsage, fmt::format("there is no tier '{}'", printable(wanted)), "--tier",
              (near != nullptr ? fmt::format("Did you mean {}? ", near->name) : "") +
                  fmt::format("There are {}.", tier_names(registry)));
}

std::vector<std::string> languages_of(const Registry& registry, const Tier& tier) {
  std::vector<std::string> out;
  if (tier.speech.recognition && !tier.speech.recognition->language.empty()) {
    out.push_back(tier.speech.recognition->language);
  }
  // A registry that names no languages is of before there were any others.
  if (out.empty() && (tier.speech.recognition || tier.speech.synthesis)) out.emplace_back("en");
  for (const auto& [language, pair] : registry.languages) {
    if (std::ranges::count(out, language) == 0) out.push_back(language);
  }
  return out;
}

Result<SpeechPair> speech_for(const Registry& registry, const Tier& tier, std::string_view language) {
  const std::string wanted = lower(language);
  const auto known = languages_of(registry, tier);
  if (std::ranges::count(known, wanted) == 0) {
    return fail(
        ErrorKind::kUsage,
        fmt::format("there are no speech models for the language '{}'", printable(language)), "--language",
        known.empty() ? "This registry has no speech models." : fmt::format("There are {}.", joined(known)));
  }
  const auto own = tier.speech.recognition ? tier.speech.recognition->language : "";
  if (wanted == (own.empty() ? "en" : own)) return tier.speech;
  return registry.languages.at(wanted);
}

}  // namespace tokcast
