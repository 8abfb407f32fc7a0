// Registries from JSON: one function for each kind of object in them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/text.h"
#include "choose/registry.h"
#include "choose/registry_data.h"
#include "choose/registry_fields.h"
#include "fetch/hub_name.h"

namespace tokcast {
namespace {

constexpr std::string_view kSchema = "tokcast.registry/1";
constexpr std::string_view kSchemaName = "tokcast.registry/";
constexpr Bytes kMostFile{4 * kMebi.value};
constexpr std::size_t kMostTiers = 64;
constexpr std::size_t kMostFiles = 16;
constexpr double kMostGigabytes = 1e6;
constexpr double kMostSeconds = 1e6;
constexpr std::int64_t kMostTokens = 1LL << 32;

// The names of tiers that are known, the highest first; those of the first registries among them.
constexpr std::array<std::string_view, 10> kOrder{"HEAVY_GPU", "MEDIUM_GPU", "LIGHT_GPU",  "HEAVY",
                                                  "HEAVY_CPU", "MEDIUM",     "MEDIUM_CPU", "LIGHT",
                                                  "LIGHT_CPU", "MINIMAL"};

bool is_tier_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, fits);
}

void require_file(RegistryFields& in, RegistryFile& file) {
  file = {.name = in.text("name"), .url = in.text("url"), .dest_path = in.text("dest_path")};
  if (!file.name.empty() && (!is_file_path(file.name) || file.name.find('/') != std::string::npos)) {
    in.refuse("name", "this is no name of a file", "Give the name alone, without folders.");
  }
  if (!file.dest_path.empty() && !is_file_path(file.dest_path)) {
    in.refuse("dest_path", "this path could leave its folder", "Give a relative path without '..'.");
  }
  if (file.url.empty()) in.refuse("url", "there is no address", "Give https://... or hf://user/repo/file.");
  if (auto parsed = file.url.empty() ? Result<RemoteName>() : parse_remote_name(file.url, ""); !parsed) {
    in.refuse("url", parsed.error().message, parsed.error().fix);
  }
  if (const auto size = in.whole("size_bytes", 1, 1LL << 50))
    file.size = Bytes(static_cast<std::uint64_t>(*size));
  if (const std::string hash = in.text("sha256"); !hash.empty()) {
    if (!is_sha256(lower(hash))) in.refuse("sha256", "this is no SHA-256", "Give 64 hex digits, or null.");
    file.sha256 = lower(hash);
  }
}

std::optional<std::uint64_t> count(RegistryFields& in, std::string_view key) {
  const auto number = in.whole(key, 1, kMostTokens);
  return number ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

Result<RegistryModel> read_llm(const Json& json, const std::string& pointer) {
  RegistryFields in(json, pointer);
  RegistryModel out;
  require_file(in, out.file);
  if (out.file.name.empty()) in.refuse("name", "the model has no name");
  out.catalogue_id = in.text("catalogue_id");
  out.quantization = in.text("quantization");
  out.licence = in.text("licence");
  out.megabytes = in.number("size_mb", 0, 1e8);
  out.gpu_layers = in.whole("gpu_layers", -1, 4096);
  out.layers = count(in, "layers");
  out.context_tokens = count(in, "context_tokens");
  out.languages = in.texts("languages");
  out.tokens_per_second_gpu = in.number("expected_tokens_per_sec_gpu", 0, 1e6);
  out.tokens_per_second_modern = in.number("expected_tokens_per_sec_modern_cpu", 0, 1e6);
  out.tokens_per_second_older = in.number("expected_tokens_per_sec_older_cpu", 0, 1e6);
  if (in.error()) return std::unexpected(*in.error());
  return out;
}

// Some hold one file, some a list of them.
Result<SpeechModel> read_speech(const Json& json, const std::string& pointer) {
  RegistryFields in(json, pointer);
  SpeechModel out{.name = in.text("name"),
                  .language = in.text("language"),
                  .licence = in.text("licence"),
                  .megabytes = in.number("size_mb", 0, 1e8)};
  const Json* files = in.member("files");
  if (files == nullptr) {
    require_file(in, out.files.emplace_back());
  } else if (!files->is_array() || files->empty() || files->size() > kMostFiles) {
    in.refuse("files", fmt::format("this is no list of 1 to {} files", kMostFiles));
  } else {
    for (std::size_t i = 0; i < files->size(); ++i) {
      RegistryFields one(files->at(i), fmt::format("{}/files/{}", pointer, i));
      require_file(one, out.files.emplace_back());
      if (one.error()) return std::unexpected(*one.error());
    }
  }
  // Checked even where a list of files is what counts.
  if (const std::string path = in.text("dest_dir"); !path.empty() && !is_file_path(path)) {
    in.refuse("dest_dir", "this path could leave its folder", "Give a relative path without '..'.");
  }
  if (const std::string path = in.text("target_path"); !path.empty() && !is_file_path(path)) {
    in.refuse("target_path", "this path could leave its folder", "Give a relative path without '..'.");
  }
  if (in.error()) return std::unexpected(*in.error());
  if (out.name.empty()) out.name = out.files.front().name;
  return out;
}

Result<SpeechPair> read_speech_pair(const RegistryFields& in, const std::string& pointer) {
  SpeechPair out;
  if (const Json* json = in.member("stt")) {
    auto read = read_speech(*json, pointer + "/stt");
    if (!read) return std::unexpected(read.error());
    out.recognition = std::move(*read);
  }
  if (const Json* json = in.member("tts")) {
    auto read = read_speech(*json, pointer + "/tts");
    if (!read) return std::unexpected(read.error());
    out.synthesis = std::move(*read);
  }
  return out;
}

Result<TierRequirements> read_requirements(const Json& json, const std::string& pointer) {
  RegistryFields in(json, pointer);
  TierRequirements out;
  out.ram_gigabytes = in.number("min_ram_gb", 0, kMostGigabytes);
  out.cores = in.number("min_cpu_cores", 0, 1e6);
  out.gpu = in.flag("gpu_required").value_or(false) || in.flag("requires_gpu").value_or(false);
  out.gpu_gigabytes = in.number("min_gpu_vram_gb", 0, kMostGigabytes);
  if (!out.gpu_gigabytes) out.gpu_gigabytes = in.number("min_vram_gb", 0, kMostGigabytes);
  out.read_gigabytes_per_second = in.number("min_memory_read_gb_per_sec", 0, kMostGigabytes);
  if (in.error()) return std::unexpected(*in.error());
  constexpr std::array<std::string_view, 7> kHonoured{"min_ram_gb",
                                                      "min_cpu_cores",
                                                      "gpu_required",
                                                      "requires_gpu",
                                                      "min_gpu_vram_gb",
                                                      "min_vram_gb",
                                                      "min_memory_read_gb_per_sec"};
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::count(kHonoured, key) == 0) out.not_honoured.push_back(in.pointer(key));
  }
  return out;
}

Result<TierExpectations> read_expectations(const Json& json, const std::string& pointer) {
  RegistryFields in(json, pointer);
  const auto seconds = [&in](std::string_view key) {
    const auto number = in.number(key, 0, kMostSeconds);
    return number ? std::optional(Seconds(*number)) : std::nullopt;
  };
  TierExpectations out{.recognition = seconds("stt_latency_sec"),
                       .turn = seconds("llm_latency_sec"),
                       .synthesis = seconds("tts_latency_sec"),
                       .summary = in.text("two_way_summary"),
                       .calls = count(in, "recommended_concurrent_calls"),
                       .notes = in.text("notes")};
  if (out.turn && out.turn->value <= 0) in.refuse("llm_latency_sec", "no answer takes no time");
  if (in.error()) return std::unexpected(*in.error());
  return out;
}

Result<Workload> read_turn(const Json& json, const std::string& pointer) {
  RegistryFields in(json, pointer);
  Workload out;
  const auto tokens = [&in](std::string_view key, std::uint64_t& into) {
    if (const auto number = in.whole(key, 0, kMostTokens)) into = static_cast<std::uint64_t>(*number);
  };
  tokens("prompt_tokens", out.prompt_tokens);
  tokens("cached_tokens", out.cached_tokens);
  tokens("reply_tokens", out.reply_tokens);
  tokens("depth_tokens", out.depth_tokens);
  tokens("context_tokens", out.context_tokens);
  if (in.error()) return std::unexpected(*in.error());
  if (auto sound = check_workload(out); !sound) {
    return fail(ErrorKind::kBadInput, sound.error().message, pointer, sound.error().fix);
  }
  return out;
}

// `part` of the tier, where it has it, into `out`.
template <typename Part>
Result<void> take(const RegistryFields& in, std::string_view key, Part& out,
                  Result<Part> (*read)(const Json&, const std::string&)) {
  const Json* json = in.member(key);
  if (json == nullptr) return {};
  auto part = read(*json, in.pointer(key));
  if (!part) return std::unexpected(part.error());
  out = std::move(*part);
  return {};
}

Result<void> read_models(const Json& json, const std::string& pointer, Tier& out) {
  const RegistryFields in(json, pointer);
  if (in.error()) return std::unexpected(*in.error());
  auto speech = read_speech_pair(in, pointer);
  if (!speech) return std::unexpected(speech.error());
  out.speech = std::move(*speech);
  const Json* llm = in.member("llm");
  if (llm == nullptr) return {};
  auto model = read_llm(*llm, pointer + "/llm");
  if (!model) return std::unexpected(model.error());
  out.llm = std::move(*model);
  return {};
}

Result<Tier> read_tier(const Json& json, const std::string& name, const std::string& pointer) {
  RegistryFields in(json, pointer);
  Tier out{.name = name, .description = in.text("description"), .recommendation = in.text("recommendation")};
  if (in.error()) return std::unexpected(*in.error());
  if (!is_tier_name(name)) {
    return fail(ErrorKind::kBadInput, "this is no name of a tier", pointer,
                "Use letters, digits, '_' and '-'.");
  }
  if (auto ok = take(in, "requirements", out.requirements, read_requirements); !ok)
    return std::unexpected(ok.error());
  if (auto ok = take(in, "expectations", out.expectations, read_expectations); !ok)
    return std::unexpected(ok.error());
  if (auto ok = take(in, "turn", out.turn, read_turn); !ok) return std::unexpected(ok.error());
  if (const Json* models = in.member("models")) {
    if (auto ok = read_models(*models, in.pointer("models"), out); !ok) return std::unexpected(ok.error());
  }
  out.turn.turn_budget = out.expectations.turn ? out.expectations.turn : Workload{}.turn_budget;
  return out;
}

std::size_t rank_of(const Tier& tier) {
  const auto found = std::ranges::find_if(
      kOrder, [&tier](std::string_view name) { return equals_ignoring_case(name, tier.name); });
  return static_cast<std::size_t>(found - kOrder.begin());
}

// A tier whose name says nothing stands behind those that do, but before the one that has no model.
void sort_tiers(std::vector<Tier>& tiers) {
  std::ranges::stable_sort(tiers, {}, [](const Tier& tier) { return std::pair(!tier.llm, rank_of(tier)); });
}

void note_oddities(Registry& registry) {
  for (const Tier& tier : registry.tiers) {
    for (const std::string& pointer : tier.requirements.not_honoured) {
      const bool score = pointer.ends_with("/cpu_benchmark_min");
      registry.notes.push_back(
          score
              ? fmt::format("{}: a score of an unnamed test says nothing about a model's speed; the forecast "
                            "of the tier's model decides instead",
                            pointer)
              : fmt::format("{}: this requirement is not known and was not held against any machine",
                            pointer));
    }
  }
}

// Tiers of the oldest registries stand at the top.
Result<const Json*> tiers_of(const RegistryFields& in) {
  if (const Json* tiers = in.member("tiers")) return tiers;
  for (const auto& [name, value] : in.json().items()) {
    if (value.is_object() && value.contains("requirements")) return &in.json();
  }
  return fail(ErrorKind::kBadInput, "there are no tiers", in.pointer("tiers"), "This is no registry.");
}

Result<void> check_schema(RegistryFields& in, Registry& registry) {
  const std::string schema = in.text("schema");
  if (in.error()) return std::unexpected(*in.error());
  registry.versioned = !schema.empty();
  if (schema.empty() || schema == kSchema) return {};
  const bool newer = schema.starts_with(kSchemaName);
  return fail(newer ? ErrorKind::kUnsupported : ErrorKind::kBadInput,
              newer ? "this registry was made for a newer tokcast" : "this document is no registry",
              in.pointer("schema"), newer ? "Update tokcast." : fmt::format("A registry says {}.", kSchema));
}

Result<void> read_languages(const RegistryFields& in, Registry& registry) {
  const Json* languages = in.member("languages");
  if (languages == nullptr) return {};
  const RegistryFields all(*languages, in.pointer("languages"));
  if (all.error()) return std::unexpected(*all.error());
  for (const auto& [name, value] : languages->items()) {
    const RegistryFields one(value, all.pointer(name));
    if (one.error()) return std::unexpected(*one.error());
    auto pair = read_speech_pair(one, all.pointer(name));
    if (!pair) return std::unexpected(pair.error());
    registry.languages.emplace(lower(name), std::move(*pair));
  }
  return {};
}

Result<void> read_tiers(const Json& tiers, const std::string& pointer, Registry& registry) {
  if (!tiers.is_object() || tiers.empty() || tiers.size() > kMostTiers) {
    return fail(ErrorKind::kBadInput, fmt::format("these are not 1 to {} tiers", kMostTiers), pointer);
  }
  for (const auto& [name, value] : tiers.items()) {
    if (pointer == "#" && !value.is_object()) continue;  // beside the tiers of the oldest registries
    auto tier = read_tier(value, name, pointer + "/" + printable(name));
    if (!tier) return std::unexpected(tier.error());
    registry.tiers.push_back(std::move(*tier));
  }
  return {};
}

}  // namespace

Result<Registry> registry_from_json(const Json& json, const std::string& source) {
  Registry out{.source = source};
  RegistryFields in(json, "#");
  const auto with_source = [&source](Error error) {
    error.place = source + error.place;
    return std::unexpected(std::move(error));
  };
  if (in.error()) return with_source(*in.error());
  if (auto ok = check_schema(in, out); !ok) return with_source(ok.error());
  const auto tiers = tiers_of(in);
  if (!tiers) return with_source(tiers.error());
  if (auto ok = read_tiers(**tiers, *tiers == &json ? "#" : "#/tiers", out); !ok)
    return with_source(ok.error());
  if (auto ok = read_languages(in, out); !ok) return with_source(ok.error());
  sort_tiers(out.tiers);
  note_oddities(out);
  return out;
}

Result<Registry> read_registry(const std::string& path) {
  const auto text = read_file(path, kMostFile);
  if (!text) return std::unexpected(text.error());
  const auto json = parse_json(*text, path, {.size = kMostFile, .depth = 16, .keys = 256});
  if (!json) return std::unexpected(json.error());
  return registry_from_json(*json, path);
}

const Registry& built_in_registry() {
  // A test reads it, so that it can be read.
  static const Registry registry =
      registry_from_json(parse_json(registry_json(), "data/registry.json").value_or(Json()), "built in")
          .value_or(Registry{});
  return registry;
}

}  // namespace tokcast
