#include "bench/accuracy_record.h"

#include <fmt/format.h>

#include <numeric>

#include "base/file.h"
#include "base/text.h"
#include "model/naming.h"
#include "model/reduce.h"
#include "rehearse/calibration_json.h"
#include "rehearse/rehearsal_json.h"

namespace tokcast {

std::vector<std::string> accuracy_tests(std::uint32_t depth) {
  return {"prefill 128", "prefill 512", "decode at 0", fmt::format("decode at {}", depth)};
}

Result<Shape> full_shape(const std::string& name) {
  const auto at = name.find('@');
  auto shape = find_shape(name.substr(0, at));
  if (!shape || at == std::string::npos) return shape;
  const auto layers = parse_uint(std::string_view(name).substr(at + 1));
  if (!layers || *layers == 0) return fail(ErrorKind::kUsage, "no layer count behind @", name);
  std::vector<std::uint32_t> chosen(*layers);
  std::iota(chosen.begin(), chosen.end(), 0U);
  auto header = reduce_layers(shape->header, chosen);
  if (!header) return std::unexpected(header.error());
  auto cut = shape_from_header(std::move(*header), fmt::format("{}, {} layers", shape->id, *layers));
  if (cut) cut->quantization = shape->quantization;
  return cut;
}

Json record_to_json(const AccuracyRecord& record) {
  Json out{{"model", record.model},
           {"kernel", record.kernel},
           {"engine", record.engine},
           {"depth", record.depth},
           {"threads", record.threads}};
  if (record.rehearsal) {
    out["truth"] = record.truth;
    out["rehearsal"] = rehearsal_to_json(*record.rehearsal);
  }
  if (record.rates) {
    out["rates"] = {{"truth", record.rates->truth},
                    {"calibration", calibration_to_json(record.rates->calibration)},
                    {"profile", profile_to_json(record.rates->profile)}};
  }
  return out;
}

namespace {

using Truth = std::map<std::string, std::vector<double>>;

Result<Truth> read_truth(const Json& json, const AccuracyRecord& record) {
  auto truth = json.at("truth").get<Truth>();
  for (const std::string& test : accuracy_tests(record.depth)) {
    if (truth[test].empty()) return fail(ErrorKind::kBadInput, "no measurement of " + test, record.model);
  }
  return truth;
}

Result<void> read_rehearsal(const Json& json, AccuracyRecord& record) {
  auto truth = read_truth(json, record);
  if (!truth) return std::unexpected(truth.error());
  auto rehearsal = rehearsal_from_json(json.at("rehearsal"));
  if (!rehearsal) return std::unexpected(rehearsal.error());
  record.truth = std::move(*truth);
  record.threads = rehearsal->threads;
  record.rehearsal = std::move(*rehearsal);
  return {};
}

Result<void> read_rates(const Json& json, AccuracyRecord& record) {
  auto truth = read_truth(json, record);
  if (!truth) return std::unexpected(truth.error());
  auto calibration = calibration_from_json(json.at("calibration"));
  if (!calibration) return std::unexpected(calibration.error());
  auto profile = profile_from_json(json.at("profile"));
  if (!profile) return std::unexpected(profile.error());
  record.threads = calibration->threads;
  record.rates = {std::move(*calibration), std::move(*profile), std::move(*truth)};
  return {};
}

}  // namespace

Result<AccuracyRecord> record_from_json(const Json& json) {
  try {
    AccuracyRecord out;
    out.model = json.at("model").get<std::string>();
    out.kernel = json.at("kernel").get<std::string>();
    out.engine = json.at("engine").get<std::string>();
    out.depth = json.at("depth").get<std::uint32_t>();
    if (json.contains("rehearsal")) {
      if (auto ok = read_rehearsal(json, out); !ok) return std::unexpected(ok.error());
    }
    if (json.contains("rates")) {
      if (auto ok = read_rates(json.at("rates"), out); !ok) return std::unexpected(ok.error());
    }
    if (!out.rehearsal && !out.rates) return fail(ErrorKind::kBadInput, "a record of nothing", out.model);
    return out;
  } catch (const Json::exception&) {
    return fail(ErrorKind::kBadInput, "a record with a key missing or of another kind");
  }
}

Result<std::vector<AccuracyRecord>> read_records(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  std::vector<AccuracyRecord> out;
  std::size_t number = 0;
  for (const std::string_view line : split(*text, '\n')) {
    ++number;
    if (line.empty()) continue;
    const std::string place = fmt::format("{}:{}", path, number);
    const auto json = parse_json(line, place);
    if (!json) return std::unexpected(json.error());
    auto record = record_from_json(*json);
    if (!record) return fail(record.error().kind, record.error().message, place);
    out.push_back(std::move(*record));
  }
  return out;
}

}  // namespace tokcast
