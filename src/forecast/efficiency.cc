#include "forecast/efficiency.h"

#include <cmath>

#include "forecast/efficiency_data.h"

namespace tokcast {
namespace {

// Four digits are more than the rows can tell, and the same on every machine.
double rounded(double number) {
  return std::round(number * 1e4) / 1e4;
}

std::optional<double> number(const Json& object, std::string_view key, double least, double most) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const double value = found->get<double>();
  return value >= least && value <= most ? std::optional(value) : std::nullopt;
}

std::uint32_t count(const Json& object, std::string_view key) {
  return static_cast<std::uint32_t>(number(object, key, 0, 1e9).value_or(0));
}

Result<Factor> read_factor(const std::string& name, const Json& json) {
  const auto log = json.is_object() ? number(json, "log", -12, 12) : std::nullopt;
  if (!log) return fail(ErrorKind::kBadInput, "a factor has no logarithm between -12 and 12", name);
  return Factor{*log, count(json, "rows"), count(json, "machines")};
}

Result<Spread> read_spread(const std::string& name, const Json& json) {
  const auto low = json.is_object() ? number(json, "low", 0.001, 1) : std::nullopt;
  const auto high = json.is_object() ? number(json, "high", 1, 1000) : std::nullopt;
  if (!low || !high) return fail(ErrorKind::kBadInput, "an interval has no ends around 1", name);
  return Spread{{*low, *high}, count(json, "rows"), count(json, "machines")};
}

template <typename Value, typename Read>
Result<void> read_all(const Json& json, std::string_view key, std::map<std::string, Value>& into, Read read) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_object()) {
    return fail(ErrorKind::kBadInput, "a table of efficiency lacks one of its parts", std::string(key));
  }
  for (const auto& [name, value] : found->items()) {
    auto one = read(name, value);
    if (!one) return std::unexpected(one.error());
    into.emplace(name, *one);
  }
  return {};
}

Efficiency read_embedded() {
  const Result<Json> document = parse_json(efficiency_json(), "the built-in table of efficiency");
  if (!document) return {};  // efficiency_test.cc proves that this does not happen
  return efficiency_from_json(*document).value_or(Efficiency{});
}

}  // namespace

double Efficiency::log_of(const std::string& name) const {
  const auto found = factors.find(name);
  return found == factors.end() ? 0 : found->second.log;
}

Reach Efficiency::reach(const std::string& phase, const std::string& group, bool mixture) const {
  const std::string kind = mixture ? "mixture" : "dense";
  for (const std::string& level : {phase + " " + group + " " + kind, phase + " all " + kind}) {
    if (const auto found = spreads.find(level); found != spreads.end()) return found->second.reach;
  }
  constexpr Reach kNothingKnown{0.25, 4};
  return kNothingKnown;
}

const Efficiency& efficiency() {
  static const Efficiency table = read_embedded();
  return table;
}

Json efficiency_to_json(const Efficiency& table) {
  Json factors = Json::object();
  for (const auto& [name, factor] : table.factors) {
    factors[name] = {{"log", rounded(factor.log)}, {"rows", factor.rows}, {"machines", factor.machines}};
  }
  Json spreads = Json::object();
  for (const auto& [name, spread] : table.spreads) {
    spreads[name] = {{"low", rounded(spread.reach.low)},
                     {"high", rounded(spread.reach.high)},
                     {"rows", spread.rows},
                     {"machines", spread.machines}};
  }
  return {{"schema", "tokcast.efficiency/1"}, {"factors", factors}, {"spreads", spreads}};
}

Result<Efficiency> efficiency_from_json(const Json& json) {
  if (!json.is_object()) return fail(ErrorKind::kBadInput, "a table of efficiency is a JSON object");
  Efficiency table;
  if (const auto done = read_all(json, "factors", table.factors, read_factor); !done) {
    return std::unexpected(done.error());
  }
  if (const auto done = read_all(json, "spreads", table.spreads, read_spread); !done) {
    return std::unexpected(done.error());
  }
  return table;
}

}  // namespace tokcast
