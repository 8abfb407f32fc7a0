#include "rehearse/rehearsal_json.h"

#include <array>
#include <cmath>
#include <string_view>

#include "base/json_values.h"

namespace tokcast {
namespace {

constexpr std::string_view kSchema = "tokcast.rehearsal/1";
constexpr std::array<std::string_view, 3> kPassNames{"round", "depth", "batch"};

Json seconds_to_json(const std::vector<Seconds>& samples) {
  Json out = Json::array();
  for (const Seconds sample : samples) out.push_back(sample.value);
  return out;
}

Json samples_to_json(const RehearsalSamples& group) {
  return {{"pass", kPassNames[static_cast<std::size_t>(group.pass)]},
          {"number", group.number},
          {"skeleton", group.large ? "large" : "small"},
          {"prompt_tokens", group.test.prompt},
          {"generated_tokens", group.test.generate},
          {"depth_tokens", group.test.depth},
          {"after_load", group.after_load},
          {"sample_seconds", seconds_to_json(group.samples)}};
}

// A file from the cache may be old, cut off or edited. nlohmann::json throws on a key of another kind;
// everything that can throw runs inside rehearsal_from_json's one try block.
struct BadKey {
  std::string key;
};

std::vector<Seconds> read_samples(const Json& array) {
  std::vector<Seconds> out;
  for (const double value : array.get<std::vector<double>>()) {
    if (!std::isfinite(value) || value < 0) throw BadKey{"sample_seconds"};
    out.emplace_back(value);
  }
  return out;
}

RehearsalPass read_pass(const std::string& name) {
  for (std::size_t i = 0; i < kPassNames.size(); ++i) {
    if (name == kPassNames[i]) return static_cast<RehearsalPass>(i);
  }
  throw BadKey{"pass"};
}

RehearsalSamples read_group(const Json& json) {
  RehearsalSamples group;
  group.pass = read_pass(json.at("pass").get<std::string>());
  group.number = json.at("number").get<std::uint32_t>();
  group.large = json.at("skeleton").get<std::string>() == "large";
  group.test = {json.at("prompt_tokens").get<std::uint32_t>(),
                json.at("generated_tokens").get<std::uint32_t>(),
                json.at("depth_tokens").get<std::uint32_t>()};
  if ((group.test.prompt == 0) == (group.test.generate == 0)) throw BadKey{"prompt_tokens"};
  group.after_load = json.at("after_load").get<bool>();
  group.samples = read_samples(json.at("sample_seconds"));
  if (group.samples.empty()) throw BadKey{"sample_seconds"};
  return group;
}

LayerPlan read_plan(const Json& json) {
  LayerPlan plan;
  plan.large = json.at("layers").get<std::vector<std::uint32_t>>();
  plan.small_count = json.at("small_count").get<std::uint32_t>();
  plan.bytes = Bytes(json.at("bytes").get<std::uint64_t>());
  if (plan.small_count == 0 || plan.small_count >= plan.large.size()) throw BadKey{"plan.small_count"};
  return plan;
}

template <typename T>
std::optional<T> read_optional(const Json& json, const char* key) {
  const auto& value = json.at(key);
  return value.is_null() ? std::nullopt : std::optional(value.get<T>());
}

Rehearsal read_rehearsal(const Json& json) {
  if (json.at("schema").get<std::string>() != kSchema) throw BadKey{"schema"};
  Rehearsal out{.model = json.at("model").get<std::string>(),
                .shape_key = json.at("shape_key").get<std::string>(),
                .engine_identity = json.at("engine_identity").get<std::string>(),
                .engine_version = json.at("engine_version").get<std::string>(),
                .machine_identity = json.at("machine_identity").get<std::string>(),
                .machine_name = json.at("machine_name").get<std::string>(),
                .unix_time = json.at("unix_time_seconds").get<std::int64_t>(),
                .threads = json.at("threads").get<std::uint32_t>(),
                .plan = read_plan(json.at("plan"))};
  for (const Json& group : json.at("samples")) out.samples.push_back(read_group(group));
  out.small_load = read_samples(json.at("small_load_seconds"));
  out.large_load = read_samples(json.at("large_load_seconds"));
  if (const auto bytes = read_optional<std::uint64_t>(json, "compute_bytes"))
    out.compute_bytes = Bytes(*bytes);
  out.contention.cpu_pressure_share = read_optional<double>(json, "cpu_pressure_share");
  out.contention.stolen_share = read_optional<double>(json, "stolen_share");
  if (json.contains("last_level_cache_bytes")) {  // older ones did not note it
    if (const auto bytes = read_optional<std::uint64_t>(json, "last_level_cache_bytes"))
      out.last_level_cache = Bytes(*bytes);
  }
  // Older ones did not count what others ran.
  if (json.contains("others_share")) {
    out.contention.others_share = read_optional<double>(json, "others_share");
    const Json& cpus = json.at("cpus");
    if (!cpus.is_null()) out.contention.cpus = cpus.get<std::uint32_t>();
  }
  out.involuntary_switches = json.at("involuntary_switches").get<std::uint64_t>();
  out.wall = Seconds(json.at("wall_seconds").get<double>());
  return out;
}

}  // namespace

Json rehearsal_to_json(const Rehearsal& rehearsal) {
  Json samples = Json::array();
  for (const RehearsalSamples& group : rehearsal.samples) samples.push_back(samples_to_json(group));
  return {{"schema", kSchema},
          {"model", rehearsal.model},
          {"shape_key", rehearsal.shape_key},
          {"engine_identity", rehearsal.engine_identity},
          {"engine_version", rehearsal.engine_version},
          {"machine_identity", rehearsal.machine_identity},
          {"machine_name", rehearsal.machine_name},
          {"unix_time_seconds", rehearsal.unix_time},
          {"threads", rehearsal.threads},
          {"plan",
           {{"layers", rehearsal.plan.large},
            {"small_count", rehearsal.plan.small_count},
            {"bytes", rehearsal.plan.bytes.value}}},
          {"last_level_cache_bytes", or_null(rehearsal.last_level_cache)},
          {"wall_seconds", rehearsal.wall.value},
          {"compute_bytes", or_null(rehearsal.compute_bytes)},
          {"cpu_pressure_share", or_null(rehearsal.contention.cpu_pressure_share)},
          {"stolen_share", or_null(rehearsal.contention.stolen_share)},
          {"others_share", or_null(rehearsal.contention.others_share)},
          {"cpus", or_null(rehearsal.contention.cpus)},
          {"involuntary_switches", rehearsal.involuntary_switches},
          {"small_load_seconds", seconds_to_json(rehearsal.small_load)},
          {"large_load_seconds", seconds_to_json(rehearsal.large_load)},
          {"samples", std::move(samples)}};
}

Result<Rehearsal> rehearsal_from_json(const Json& json) {
  try {
    return read_rehearsal(json);
  } catch (const BadKey& bad) {
    return fail(ErrorKind::kBadInput, "a rehearsal with an impossible value", bad.key);
  } catch (const Json::exception&) {
    return fail(ErrorKind::kBadInput, "a rehearsal with a key missing or of another kind");
  }
}

}  // namespace tokcast
