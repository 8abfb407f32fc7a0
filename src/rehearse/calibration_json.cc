#include "rehearse/calibration_json.h"

#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "base/json_values.h"

namespace tokcast {
namespace {

constexpr std::string_view kSchema = "tokcast.calibration/1";
constexpr std::array<std::string_view, 14> kRoleNames{
    "shallow",  "tall",    "medium",     "type",        "own-heads", "shared-heads",   "heads-96",
    "heads-80", "mixture", "check-wide", "check-norms", "large",     "many-own-heads", "many-shared-heads"};
// A mixture of before, whose experts caches may have held, to be measured anew; and layers of 4096 values,
// whose cost told nothing that noise did not hide.
bool is_retired(const Json& role) {
  return role == "experts" || role == "long-rows";
}

// nlohmann::json throws on a key of another kind; all that can throw runs inside one try block.
struct BadKey {
  std::string key;
};

Json samples_to_json(const CalibrationSamples& group) {
  Json seconds = Json::array();
  for (const Seconds sample : group.samples) seconds.push_back(sample.value);
  return {{"model", kRoleNames[static_cast<std::size_t>(group.model.role)]},
          {"type", geometry(group.model.type).name},
          {"prompt_tokens", group.test.prompt},
          {"generated_tokens", group.test.generate},
          {"depth_tokens", group.test.depth},
          {"after_load", group.after_load},
          {"sample_seconds", std::move(seconds)}};
}

GgmlType read_type(const Json& json) {
  const auto type = find_type(json.at("type").get<std::string>());
  if (!type || !is_weight_type(type->type)) throw BadKey{"type"};
  return type->type;
}

CalibrationRole read_role(const Json& json) {
  const auto name = json.at("model").get<std::string>();
  for (std::size_t i = 0; i < kRoleNames.size(); ++i) {
    if (name == kRoleNames[i]) return static_cast<CalibrationRole>(i);
  }
  throw BadKey{"model"};
}

CalibrationSamples read_group(const Json& json) {
  CalibrationSamples group{.model = {read_role(json), read_type(json)},
                           .test = {.prompt = json.at("prompt_tokens").get<std::uint32_t>(),
                                    .generate = json.at("generated_tokens").get<std::uint32_t>(),
                                    .depth = json.at("depth_tokens").get<std::uint32_t>()},
                           .after_load = json.at("after_load").get<bool>()};
  if ((group.test.prompt == 0) == (group.test.generate == 0)) throw BadKey{"prompt_tokens"};
  for (const double seconds : json.at("sample_seconds").get<std::vector<double>>()) {
    if (!std::isfinite(seconds) || seconds <= 0) throw BadKey{"sample_seconds"};
    group.samples.emplace_back(seconds);
  }
  if (group.samples.empty()) throw BadKey{"sample_seconds"};
  return group;
}

std::optional<double> read_share(const Json& json, const char* key) {
  const Json& value = json.at(key);
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

Calibration read_calibration(const Json& json) {
  if (json.at("schema").get<std::string>() != kSchema) throw BadKey{"schema"};
  Calibration out{.engine_identity = json.at("engine_identity").get<std::string>(),
                  .engine_version = json.at("engine_version").get<std::string>(),
                  .machine_identity = json.at("machine_identity").get<std::string>(),
                  .machine_name = json.at("machine_name").get<std::string>(),
                  .unix_time = json.at("unix_time_seconds").get<std::int64_t>(),
                  .threads = json.at("threads").get<std::uint32_t>()};
  for (const Json& group : json.at("samples")) {
    if (!is_retired(group.at("model"))) out.samples.push_back(read_group(group));
  }
  for (const Json& one : json.at("refused")) {
    out.refused.push_back({read_type(one), one.at("reason").get<std::string>()});
  }
  out.contention.cpu_pressure_share = read_share(json, "cpu_pressure_share");
  out.contention.stolen_share = read_share(json, "stolen_share");
  // Older ones did not count what others ran.
  if (json.contains("others_share")) {
    out.contention.others_share = read_share(json, "others_share");
    const Json& cpus = json.at("cpus");
    if (!cpus.is_null()) out.contention.cpus = cpus.get<std::uint32_t>();
  }
  out.wall = Seconds(json.at("wall_seconds").get<double>());
  return out;
}

}  // namespace

Json calibration_to_json(const Calibration& calibration) {
  Json samples = Json::array();
  for (const CalibrationSamples& group : calibration.samples) samples.push_back(samples_to_json(group));
  Json refused = Json::array();
  for (const RefusedType& one : calibration.refused) {
    refused.push_back({{"type", geometry(one.type).name}, {"reason", one.reason}});
  }
  return {{"schema", kSchema},
          {"engine_identity", calibration.engine_identity},
          {"engine_version", calibration.engine_version},
          {"machine_identity", calibration.machine_identity},
          {"machine_name", calibration.machine_name},
          {"unix_time_seconds", calibration.unix_time},
          {"threads", calibration.threads},
          {"wall_seconds", calibration.wall.value},
          {"cpu_pressure_share", or_null(calibration.contention.cpu_pressure_share)},
          {"stolen_share", or_null(calibration.contention.stolen_share)},
          {"others_share", or_null(calibration.contention.others_share)},
          {"cpus", or_null(calibration.contention.cpus)},
          {"refused", std::move(refused)},
          {"samples", std::move(samples)}};
}

Result<Calibration> calibration_from_json(const Json& json) {
  try {
    return read_calibration(json);
  } catch (const BadKey& bad) {
    return fail(ErrorKind::kBadInput, "a calibration with an impossible value", bad.key);
  } catch (const Json::exception&) {
    return fail(ErrorKind::kBadInput, "a calibration with a key missing or of another kind");
  }
}

}  // namespace tokcast
