#include "bench/accuracy_record.h"

#include <fmt/format.h>

#include <numeric>

#include "base/file.h"
#include "base/text.h"
#include "model/naming.h"
#include "model/reduce.h"
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
  return {{"model", record.model},   {"kernel", record.kernel},
          {"engine", record.engine}, {"depth", record.depth},
          {"truth", record.truth},   {"rehearsal", rehearsal_to_json(record.rehearsal)}};
}

Result<AccuracyRecord> record_from_json(const Json& json) {
  try {
    AccuracyRecord out;
    out.model = json.at("model").get<std::string>();
    out.kernel = json.at("kernel").get<std::string>();
    out.engine = json.at("engine").get<std::string>();
    out.depth = json.at("depth").get<std::uint32_t>();
    out.truth = json.at("truth").get<std::map<std::string, std::vector<double>>>();
    auto rehearsal = rehearsal_from_json(json.at("rehearsal"));
    if (!rehearsal) return std::unexpected(rehearsal.error());
    out.rehearsal = std::move(*rehearsal);
    for (const std::string& test : accuracy_tests(out.depth)) {
      if (out.truth[test].empty()) return fail(ErrorKind::kBadInput, "no measurement of " + test, out.model);
    }
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
