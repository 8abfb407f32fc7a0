// Registries as JSON.
#include "choose/registry.h"

namespace tokcast {
namespace {

template <typename Value>
void put(Json& out, const char* key, const std::optional<Value>& value) {
  if (value) out[key] = *value;
}
void put(Json& out, const char* key, const std::optional<Seconds>& value) {
  out[key] = value ? Json(value->value) : Json();
}
void put(Json& out, const char* key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}

void put_file(Json& out, const RegistryFile& file) {
  put(out, "name", file.name);
  put(out, "url", file.url);
  put(out, "dest_path", file.dest_path);
  out["size_bytes"] = file.size ? Json(file.size->value) : Json();
  out["sha256"] = file.sha256 ? Json(*file.sha256) : Json();
}

Json llm_json(const RegistryModel& model) {
  Json out = Json::object();
  put_file(out, model.file);
  put(out, "catalogue_id", model.catalogue_id);
  put(out, "quantization", model.quantization);
  put(out, "licence", model.licence);
  put(out, "size_mb", model.megabytes);
  put(out, "gpu_layers", model.gpu_layers);
  put(out, "layers", model.layers);
  put(out, "context_tokens", model.context_tokens);
  if (!model.languages.empty()) out["languages"] = model.languages;
  put(out, "expected_tokens_per_sec_gpu", model.tokens_per_second_gpu);
  put(out, "expected_tokens_per_sec_modern_cpu", model.tokens_per_second_modern);
  put(out, "expected_tokens_per_sec_older_cpu", model.tokens_per_second_older);
  return out;
}

Json speech_json(const SpeechModel& model) {
  Json out = Json::object();
  put(out, "name", model.name);
  put(out, "language", model.language);
  put(out, "licence", model.licence);
  put(out, "size_mb", model.megabytes);
  for (const RegistryFile& file : model.files) put_file(out["files"].emplace_back(Json::object()), file);
  return out;
}

Json pair_json(const SpeechPair& pair) {
  return {{"stt", pair.recognition ? speech_json(*pair.recognition) : Json()},
          {"tts", pair.synthesis ? speech_json(*pair.synthesis) : Json()}};
}

Json requirements_json(const TierRequirements& requirements) {
  Json out = Json::object();
  put(out, "min_ram_gb", requirements.ram_gigabytes);
  put(out, "min_cpu_cores", requirements.cores);
  out["gpu_required"] = requirements.gpu;
  put(out, "min_gpu_vram_gb", requirements.gpu_gigabytes);
  put(out, "min_memory_read_gb_per_sec", requirements.read_gigabytes_per_second);
  return out;
}

Json expectations_json(const TierExpectations& expectations) {
  Json out = Json::object();
  put(out, "stt_latency_sec", expectations.recognition);
  put(out, "llm_latency_sec", expectations.turn);
  put(out, "tts_latency_sec", expectations.synthesis);
  put(out, "two_way_summary", expectations.summary);
  put(out, "recommended_concurrent_calls", expectations.calls);
  put(out, "notes", expectations.notes);
  return out;
}

Json turn_json(const Workload& turn) {
  return {{"prompt_tokens", turn.prompt_tokens},
          {"cached_tokens", turn.cached_tokens},
          {"reply_tokens", turn.reply_tokens},
          {"depth_tokens", turn.depth_tokens},
          {"context_tokens", turn.context_tokens}};
}

Json tier_json(const Tier& tier) {
  Json models = pair_json(tier.speech);
  models["llm"] = tier.llm ? llm_json(*tier.llm) : Json();
  Json out = Json::object();
  put(out, "description", tier.description);
  out["requirements"] = requirements_json(tier.requirements);
  out["turn"] = turn_json(tier.turn);
  out["expectations"] = expectations_json(tier.expectations);
  out["models"] = std::move(models);
  put(out, "recommendation", tier.recommendation);
  return out;
}

}  // namespace

Json registry_to_json(const Registry& registry) {
  Json out{{"schema", "tokcast.registry/1"}, {"tiers", Json::object()}};
  for (const Tier& tier : registry.tiers) out["tiers"][tier.name] = tier_json(tier);
  if (!registry.languages.empty()) out["languages"] = Json::object();
  for (const auto& [language, pair] : registry.languages) out["languages"][language] = pair_json(pair);
  return out;
}

}  // namespace tokcast
