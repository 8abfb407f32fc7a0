#include "schema.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/utils/nlohmann_json_utils.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace tokcast {
namespace {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

nlohmann::json read_schema(const std::string& file) {
  std::ifstream in(std::string(TOKCAST_SCHEMAS) + "/" + file);
  return nlohmann::json::parse(in, nullptr, false);
}

// The schemas refer to each other by file name.
const nlohmann::json* fetch(const std::string& uri) {
  return new nlohmann::json(read_schema(uri.substr(uri.find_last_of('/') + 1)));
}

void release(const nlohmann::json* document) {
  delete document;
}

std::string describe(valijson::ValidationResults& results) {
  std::string out;
  for (valijson::ValidationResults::Error error; results.popError(error);) {
    for (const std::string& step : error.context) out += step;
    out += ": " + error.description + "\n";
  }
  return out;
}

}  // namespace

std::string schema_findings(const std::string& name, const std::string& document) {
  const nlohmann::json parsed = nlohmann::json::parse(document, nullptr, false);
  if (parsed.is_discarded()) return "not one JSON document: " + document;
  const nlohmann::json source = read_schema(name + ".schema.json");
  if (source.is_discarded()) return "there is no schema " + name;
  valijson::Schema schema;
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(Adapter(source), schema, fetch, release);
  valijson::ValidationResults results;
  // Strong types: "1" is no number.
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  if (validator.validate(schema, Adapter(parsed), &results)) return "";
  return describe(results);
}

}  // namespace tokcast
